"""The words of `emotion_words.py` for French, Russian, Portuguese, Spanish and Italian; same notation."""

from __future__ import annotations

EMOTION_WORDS: dict[str, dict[str, str]] = {
    "fr": {
        "neutral": "neutre|s|, neutralité, normal|e|ement|, ordinaire, naturel|le|, par défaut",
        "happy": "heureu|x|se|ses|sement, joyeu|x|se|ses|sement, joie, content|e|s|es|, gai|e|ement|, bonheur, "
        "souriant|e|, ravi|e|, enjoué|e|, avec joie, amusé|e|, allègre",
        "sad": "triste|s|ment|sse|, avec tristesse, malheureu|x|se|sement, mélancoli|e|que, chagrin|é|ée|, "
        "déprimé|e|, en pleurs, déçu|e|, peiné|e|, abattu|e|, larmoyant|e|",
        "angry": "en colère, colère, fâché|e|s|es|, furieu|x|se|ses|sement, énervé|e|s|, irrité|e|, avec colère, "
        "rage, enragé|e|, agacé|e|, coléreu|x|se, indigné|e|",
        "fearful": "peur, apeuré|e|s|, effrayé|e|s|, craintif, craintive, crainte, terrifié|e|, inqui|et|ète, "
        "anxieu|x|se|sement, nerveu|x|se|sement, avec peur, paniqué|e|, angoissé|e|",
        "surprised": "surpris|e|es|, étonné|e|s|, étonnement, stupéfait|e|, ébahi|e|, choqué|e|, avec surprise, "
        "abasourdi|e|",
        "disgusted": "dégoût|é|ée|és|, écœuré|e|, répugné|e|, mépris|ant|ante|, avec dégoût, dédaigneu|x|se",
        "calm": "calme|s|ment|, tranquille|ment|, serein|e|ement|, paisible|ment|, détendu|e|, posé|e|ment|, "
        "apaisé|e|, avec calme",
        "excited": "excité|e|s|es|, excitation, enthousias|te|tes|me, passionné|e|ment|, exalté|e|, énergique|ment|, "
        "enflammé|e|, surexcité|e|, euphorique",
        "tender": "tendre|s|ment|sse|, avec tendresse, dou|x|ce|cement, douceur, affectueu|x|se|sement, aimant|e|, "
        "amoureu|x|se|sement, chaleureu|x|se|sement, amour, gentil|le|, gentiment, câlin|e|",
        "whisper": "chuchot|é|ée|ant|er|ement|ements, murmur|e|é|ée|ant|er, à voix basse, en chuchotant, tout bas, "
        "à mi-voix",
        "serious": "sérieu|x|se|ses|sement, grave|s|ment|, sévère|ment|, solennel|le|lement|, formel|le|, "
        "avec sérieux, ferme|ment|",
        "sarcastic": "sarcas|tique|tiques|me|tiquement, ironi|e|que|quement, moqueu|r|se, railleu|r|se, "
        "cynique|ment|, narquois|e|",
        "tired": "fatigué|e|s|es|, fatigue, épuisé|e|, las|se|, lassitude, endormi|e|, somnolent|e|, ennuyé|e|, "
        "blasé|e|, en soupirant",
    },
    "ru": {
        "neutral": "нейтральн|ый|ая|ое|ые|о|ым, обычн|ый|ая|ое|ые|о, нормальн|ый|ая|ое|о, спокойно-нейтрально, ровно",
        "happy": "радостн|ый|ая|ое|ые|о|ым, радость, с радостью, счастлив|ый|ая|ое|ые|о|а|, счастье, "
        "весел|ый|ая|ое|ые|о, веселье, довольн|ый|ая|ые|о, рад|а|ы|, улыбаясь, с улыбкой, смеясь",
        "sad": "грустн|ый|ая|ое|ые|о|ым|ой, грусть, с грустью, печальн|ый|ая|ое|ые|о|ым, печаль, с печалью, "
        "тосклив|ый|ая|о, тоска, уныл|ый|ая|о, несчастн|ый|ая|о, плача, горестно, меланхолично, расстроен|ный|ная|но|",
        "angry": "злой, зл|ая|ое|ые|о|ость|ится, со злостью, сердит|ый|ая|ое|ые|о|, гневн|ый|ая|ое|о, гнев, "
        "с гневом, яростн|ый|ая|о, ярость, разозлен|ный|ная|, разозлённый, раздраженн|ый|ая|о, раздражение, "
        "в ярости, возмущенно",
        "fearful": "испуганн|ый|ая|ое|ые|о, испуг, со страхом, страх, боязлив|ый|ая|о, напуган|ный|ная|, "
        "тревожн|ый|ая|о, тревога, в страхе, страшно, в ужасе, ужас, нервн|ый|ая|о, взволнованно, паника",
        "surprised": "удивленн|ый|ая|ое|ые|о, удивлен|а|ие|, с удивлением, изумленн|ый|ая|ое|о, изумление, "
        "пораженн|ый|ая|о, ошеломленн|ый|ая|о, потрясенно, удивительно",
        "disgusted": "отвращение, с отвращением, брезглив|ый|ая|о, противно, презрительн|ый|ая|о, презрение, "
        "с презрением, гадливо",
        "calm": "спокойн|ый|ая|ое|ые|о|ым, спокойствие, тих|ий|ая|ое|о, умиротворенн|ый|ая|о, безмятежн|ый|ая|о, "
        "расслабленн|ый|ая|о, невозмутимо, размеренно",
        "excited": "возбужденн|ый|ая|ое|ые|о, возбуждение, восторженн|ый|ая|ое|о, восторг, с восторгом, "
        "воодушевленн|ый|ая|о, взбудораженн|ый|ая|о, увлеченно, энергично, азартно, страстно, с энтузиазмом, "
        "энтузиазм",
        "tender": "нежн|ый|ая|ое|ые|о|ость, с нежностью, ласков|ый|ая|ое|о, мягк|ий|ая|ое|о, тепл|ый|ая|о, "
        "заботлив|ый|ая|о, любящ|ий|ая|е, с любовью, любовь, добр|ый|ая|о",
        "whisper": "шепот|ом|, шепч|а|ет|у, шептать, шепчущ|ий|ая, вполголоса, еле слышно, приглушенно",
        "serious": "серьезн|ый|ая|ое|ые|о|ость, всерьез, строг|ий|ая|о, торжественн|ый|ая|о, сурово, официально, "
        "решительно, важно",
        "sarcastic": "саркастич|ный|ная|но|еский|ески, сарказм, с сарказмом, ирони|я|чный|чная|чно|ческий|чески, "
        "с иронией, насмешлив|ый|ая|о, язвительн|ый|ая|о, издевательски, цинично",
        "tired": "устал|ый|ая|ое|ые|о|ость|а|ли|, устало, с усталостью, утомленн|ый|ая|о, измученн|ый|ая|о, "
        "сонн|ый|ая|о, вял|ый|ая|о, изможденно, скучающе, вздыхая, сонливо",
    },
    "pt": {
        "neutral": "neutr|o|a|os|as, neutralidade, normal|mente|, comum, padrão, natural",
        "happy": "feli|z|zes|zmente|cidade, alegre|s|mente|, alegria, contente|s|, com alegria, risonh|o|a, "
        "sorridente, animad|inho|inha, divertid|o|a, satisfeit|o|a",
        "sad": "triste|s|mente|za|, com tristeza, infeli|z|zmente, melancólic|o|a, melancolia, deprimid|o|a, "
        "chorand|o, chateadinho, desanimad|o|a, desapontad|o|a, magoad|o|a, abatid|o|a",
        "angry": "zangad|o|a|os|as, com raiva, raiva, irritad|o|a|os|as, furios|o|a|os|as|amente, brav|o|a, fúria, "
        "ira, irad|o|a, enraivecid|o|a, nervos|inho|inha, revoltad|o|a",
        "fearful": "com medo, medo, assustad|o|a|os|as, medros|o|a, temeros|o|a, aterrorizad|o|a, ansios|o|a|amente, "
        "nervos|o|a|amente, apavorad|o|a, preocupad|o|a, receos|o|a",
        "surprised": "surpres|o|a|os|as, surpreendid|o|a, espantad|o|a, espanto, admirad|o|a, chocad|o|a, "
        "com surpresa, atônit|o|a",
        "disgusted": "com nojo, nojo, repugnad|o|a, desgosto, aversão, desprezo, com desprezo",
        "calm": "calm|o|a|os|as|amente, tranquil|o|a|os|as|amente, seren|o|amente, relaxad|o|a, sossegad|o|a, "
        "pacífic|o|a, com calma",
        "excited": "animad|o|a|os|as|amente, empolgad|o|a|os|as, entusiasmad|o|a|os|as, entusiasmo, excitad|o|a, "
        "eufóric|o|a, com entusiasmo, apaixonadamente, agitad|o|a",
        "tender": "tern|o|a|amente|ura, com ternura, carinhos|o|a|amente, carinho, com carinho, suave|mente|, "
        "doce|mente|, meig|o|a, afetuos|o|a, amoros|o|a|amente, gentil|mente|, amor, delicad|o|a",
        "whisper": "sussurr|o|ando|ado|ada|ar|os, cochich|o|ando, murmúrio, murmurand|o, em voz baixa, baixinho, "
        "aos sussurros",
        "serious": "séri|o|a|os|as|amente, seriedade, grave|mente|, sever|o|a, solene|mente|, formal|mente|, "
        "com seriedade, firme|mente|",
        "sarcastic": "sarcástic|o|a|os|as|amente, sarcasmo, irônic|o|a|amente, irónic|o|a, ironia, zombeteir|o|a, "
        "debochad|o|a, cínic|o|a, com sarcasmo, trocist|a",
        "tired": "cansad|o|a|os|as|amente, cansaço, exaust|o|a, fatigad|o|a, sonolent|o|a, com sono, entediad|o|a, "
        "com cansaço, suspirando",
    },
    "es": {
        "neutral": "neutr|o|a|os|as|al|ales, neutralidad, normal|mente|, común, natural, sin emoción",
        "happy": "feli|z|ces|zmente|cidad, alegre|s|mente|, alegría, content|o|a|os|as, con alegría, risueñ|o|a, "
        "sonriente, dichos|o|a, divertid|o|a, jubilos|o|a",
        "sad": "triste|s|mente|za|, con tristeza, infeli|z|zmente, melancólic|o|a, melancolía, deprimid|o|a, "
        "llorando, llorosa, lloroso, apenad|o|a, desanimad|o|a, decepcionad|o|a, afligid|o|a",
        "angry": "enojad|o|a|os|as, enojo, enfadad|o|a|os|as, enfado, furios|o|a|os|as|amente, airad|o|a, con rabia, "
        "rabia, rabios|o|a, irritad|o|a|os|as, colérico, ira, con ira, molest|o|a, indignad|o|a, furia",
        "fearful": "con miedo, miedo, asustad|o|a|os|as, temeros|o|a, temor, con temor, miedos|o|a, aterrad|o|a, "
        "aterrorizad|o|a, ansios|o|a, nervios|o|a|amente, preocupad|o|a, angustiad|o|a",
        "surprised": "sorprendid|o|a|os|as, sorpresa, asombrad|o|a|os|as, asombro, con sorpresa, atónit|o|a, "
        "impactad|o|a, estupefact|o|a",
        "disgusted": "con asco, asco, asquead|o|a, repugnad|o|a, repugnancia, disgustad|o|a, desprecio, "
        "con desprecio, despectiv|o|a",
        "calm": "calmad|o|a|os|as|amente, calma, con calma, tranquil|o|a|os|as|amente, seren|o|amente, relajad|o|a, "
        "sosegad|o|a, apacible|mente|, pausad|o|a",
        "excited": "emocionad|o|a|os|as, emoción, entusiasmad|o|a|os|as, entusiasmo, con entusiasmo, excitad|o|a, "
        "animad|o|a|os|as, eufóric|o|a, exaltad|o|a, apasionad|o|a|amente, ilusionad|o|a",
        "tender": "tiern|o|a|os|as|amente, ternura, con ternura, cariños|o|a|amente, cariño, con cariño, "
        "suave|mente|, dulce|mente|, afectuos|o|a, amoros|o|a|amente, amable|mente|, amor, cálid|o|a, delicad|o|a",
        "whisper": "susurr|o|ando|ado|ada|ar|os|ante, cuchiche|o|ando, murmullo, murmurando, en voz baja, "
        "en susurros, bajito",
        "serious": "seri|o|a|os|as|amente, seriedad, con seriedad, grave|mente|, sever|o|a, solemne|mente|, "
        "formal|mente|, firme|mente|",
        "sarcastic": "sarcástic|o|a|os|as|amente, sarcasmo, irónic|o|a|os|as|amente, ironía, con sarcasmo, "
        "con ironía, burlón, burlona, mordaz, cínic|o|a",
        "tired": "cansad|o|a|os|as|amente, cansancio, con cansancio, agotad|o|a, fatigad|o|a, somnolient|o|a, "
        "aburrid|o|a, con sueño, adormilad|o|a, suspirando",
    },
    "it": {
        "neutral": "neutr|o|a|i|e|ale|ali, normale, normalmente, naturale, neutralmente, comune, predefinito",
        "happy": "felic|e|i|emente|ità, allegr|o|a|i|e|amente|ia, gioios|o|a|i|e|amente, gioia, con gioia, "
        "content|o|a|i|e, liet|o|a, sorridente, divertit|o|a, con allegria, ridendo",
        "sad": "triste|zza|mente|, trist|i, con tristezza, infelic|e|i|emente, malinconic|o|a|amente, malinconia, "
        "depress|o|a, piangendo, addolorat|o|a, afflitt|o|a, delus|o|a, dispiaciut|o|a, in lacrime",
        "angry": "arrabbiat|o|a|i|e|amente, rabbia, con rabbia, rabbios|o|a|amente, furios|o|a|i|e|amente, "
        "infuriat|o|a, irritat|o|a, ira, adirat|o|a, incazzat|o|a, collera, sdegnat|o|a, furente",
        "fearful": "impaurit|o|a|i|e, paura, con paura, spaventat|o|a|i|e, timoros|o|a|amente, pauros|o|a, "
        "terrorizzat|o|a, ansios|o|a|amente, nervos|o|a|amente, preoccupat|o|a, timore, intimorit|o|a",
        "surprised": "sorpres|o|a|i|e, con sorpresa, stupit|o|a|i|e, stupore, meravigliat|o|a, meraviglia, "
        "sbalordit|o|a, scioccat|o|a, sbigottit|o|a, esterrefatt|o|a",
        "disgusted": "disgustat|o|a|i|e, disgusto, con disgusto, schifat|o|a, schifo, nauseat|o|a, disprezzo, "
        "sprezzante, con disprezzo",
        "calm": "calm|o|a|i|e|amente, tranquill|o|a|i|e|amente, seren|o|i|e|amente, rilassat|o|a, pacat|o|a|amente, "
        "quiet|o|a, con calma, placid|o|a|amente, tranquillità, serenità",
        "excited": "eccitat|o|a|i|e, entusiast|a|i|e|icamente, entusiasmo, con entusiasmo, emozionat|o|a|i|e, "
        "euforic|o|a, esaltat|o|a, appassionat|o|a|amente, elettrizzat|o|a, energic|o|a",
        "tender": "tener|o|a|i|e|amente|ezza, con tenerezza, dolc|e|i|emente|ezza, con dolcezza, "
        "affettuos|o|a|amente, amorevol|e|mente, con amore, amore, gentil|e|mente, calorosamente, "
        "delicat|o|a|amente, soave, amoros|o|a, premuros|o|a",
        "whisper": "sussurr|o|a|ato|ata|ando|are|ati, bisbigli|o|ando|ato|are, sottovoce, a bassa voce, "
        "mormor|io|ando, piano piano",
        "serious": "seri|o|a|i|e|amente|età, con serietà, grav|e|i|emente, sever|o|a|amente, solenn|e|emente, "
        "formale, formalmente, deciso, austero",
        "sarcastic": "sarcastic|o|a|amente, sarcastici, sarcasmo, con sarcasmo, ironic|o|a|amente, ironia, "
        "con ironia, beffard|o|a|amente, canzonatori|o|a, cinic|o|a, pungente",
        "tired": "stanc|o|a|amente|hezza, stanchi, stanche, con stanchezza, esaust|o|a, affaticat|o|a, sfinit|o|a, "
        "assonnat|o|a, annoiat|o|a, stremat|o|a, sospirando, spossat|o|a",
    },
}
