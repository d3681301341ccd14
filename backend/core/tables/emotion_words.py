"""What people call each emotion in ten languages. Knows only words; what an emotion is stands in `emotions.py`.

Words are parted by commas. `stem|a|b` is shorthand for `stema, stemb`; a trailing `|` adds the stem itself.
Letter case, accents and width do not matter when a word is looked up. One word names one emotion only.
"""

from __future__ import annotations

EMOTION_WORDS: dict[str, dict[str, str]] = {
    "en": {
        "neutral": "neutral|ly|, normal|ly|, plain|ly|, default, ordinary, matter-of-fact, flat",
        "happy": "happ|y|ily|iness|ier, joy|ful|fully|ous|, glad|ly|, cheer|ful|fully|y|, merr|y|ily, smiling, "
        "delighted, pleased, upbeat, laughing, amused, content",
        "sad": "sad|ly|ness|der|, sorrow|ful|, unhapp|y|ily, melanchol|y|ic, gloom|y|ily, tearful|ly|, crying, "
        "sobbing, depressed, grief, mournful, heartbroken, disappointed, dejected",
        "angry": "angr|y|ily|ier, anger, furious|ly|, mad|ly|, rage, raging, irritated, annoyed, enraged, shouting, "
        "outraged, cross, frustrated",
        "fearful": "fear|ful|fully|, afraid, scared, frightened, terrified, anxious|ly|, nervous|ly|, worried, "
        "panic|ked|, panicky, horror, timid",
        "surprised": "surpris|e|ed|ing, astonish|ed|ment, amazed, amazement, shock|ed|, startled, stunned, wonder",
        "disgusted": "disgust|ed|ing|, revolted, repulsed, contempt|uous|, scorn|ful|, disdain|ful|, yuck",
        "calm": "calm|ly|ness|, relax|ed|, peaceful|ly|, serene|ly|, quiet|ly|, soothing, composed, mellow",
        "excited": "excit|ed|edly|ement|ing, enthusias|tic|tically|m, energetic|ally|, thrilled, eager|ly|, "
        "ecstatic, hyped, passionate|ly|, lively, euphoric",
        "tender": "tender|ly|ness|, gentl|e|y, soft|ly|, loving|ly|, warm|ly|, affectionate|ly|, sweet|ly|, caring, "
        "kind|ly|, love, romantic, compassionate",
        "whisper": "whisper|ed|ing|s|, whispery, hushed, under breath, murmur|ed|ing|",
        "serious": "serious|ly|ness|, grave|ly|, stern|ly|, solemn|ly|, formal|ly|, earnest|ly|, determined, firm|ly|",
        "sarcastic": "sarcas|tic|tically|m, iron|y|ic|ically, mock|ing|ingly, cynical|ly|, snide, wry|ly|, teasing",
        "tired": "tired|ly|ness|, weary, wearily, exhausted, sleep|y|ily, bored, fatigued, drowsy, yawning, "
        "worn out, sigh|ing|",
    },
    "zh": {
        "neutral": "中性, 中立, 平静叙述, 普通, 正常, 平淡, 默认, 自然, 一般",
        "happy": "开心, 开心的, 开心地, 高兴, 高兴的, 高兴地, 快乐, 快乐的, 喜悦, 愉快, 愉快的, 欢乐, 喜, 笑, 微笑, "
        "开朗, 開心, 高興, 快樂",
        "sad": "悲伤, 悲伤的, 悲伤地, 难过, 难过的, 伤心, 伤心的, 忧伤, 忧郁, 悲哀, 哀伤, 沮丧, 失落, 失望, 哭, "
        "哭泣, 悲, 悲傷, 難過, 傷心",
        "angry": "生气, 生气的, 生气地, 愤怒, 愤怒的, 愤怒地, 恼怒, 发怒, 发火, 怒, 暴怒, 气愤, 生氣, 憤怒",
        "fearful": "害怕, 害怕的, 恐惧, 恐惧的, 惊恐, 恐慌, 惊慌, 紧张, 焦虑, 担心, 担忧, 惧怕, 恐懼, 緊張",
        "surprised": "惊讶, 惊讶的, 惊讶地, 吃惊, 惊奇, 震惊, 意外, 惊, 驚訝, 驚奇, 诧异",
        "disgusted": "厌恶, 厌恶的, 恶心, 反感, 嫌弃, 讨厌, 鄙视, 轻蔑, 厭惡, 噁心, 討厭",
        "calm": "平静, 平静的, 平静地, 冷静, 冷静的, 镇定, 安静, 沉着, 放松, 平和, 平靜, 冷靜, 安宁, 淡定",
        "excited": "兴奋, 兴奋的, 兴奋地, 激动, 激动的, 激动地, 热情, 热烈, 振奋, 激昂, 興奮, 激動, 亢奋",
        "tender": "温柔, 温柔的, 温柔地, 柔和, 轻柔, 亲切, 深情, 温暖, 关爱, 慈爱, 溫柔, 甜美, 体贴, 爱",
        "whisper": "耳语, 低语, 悄悄话, 悄声, 轻声, 小声, 低声, 悄悄, 耳語, 低語, 轻声细语, 私语",
        "serious": "严肃, 严肃的, 严肃地, 认真, 认真的, 郑重, 庄重, 正式, 严厉, 嚴肅, 認真, 坚定",
        "sarcastic": "讽刺, 讽刺的, 嘲讽, 嘲笑, 挖苦, 反讽, 调侃, 諷刺, 嘲諷, 阴阳怪气",
        "tired": "疲惫, 疲惫的, 疲倦, 疲劳, 累, 困, 困倦, 无聊, 倦怠, 疲憊, 无力, 慵懒, 叹气",
    },
    "ja": {
        "neutral": "普通, ニュートラル, 中立, 通常, 平常, 標準, ふつう",
        "happy": "嬉しい, 嬉しそう, 嬉しそうに, うれしい, うれしそうに, 楽しい, 楽しそう, 楽しそうに, たのしい, "
        "喜び, 喜んで, 幸せ, しあわせ, ハッピー, 明るい, 明るく, 笑顔, 笑い",
        "sad": "悲しい, 悲しそう, 悲しそうに, 悲しみ, かなしい, 悲しく, 哀しい, 寂しい, さびしい, 切ない, 泣き, "
        "泣きながら, サッド, 落ち込み",
        "angry": "怒り, 怒って, 怒った, 怒る, 怒りの, 怒ってる, いかり, おこって, 激怒, 腹立ち, イライラ, 憤り",
        "fearful": "怖い, 怖がり, 怖がって, 恐怖, 恐れ, 恐ろしい, こわい, 怯え, 怯えて, 不安, 緊張, 心配",
        "surprised": "驚き, 驚いて, 驚いた, 驚く, びっくり, おどろき, 驚愕, サプライズ",
        "disgusted": "嫌悪, 嫌悪感, 嫌, 嫌そうに, うんざり, 軽蔑, むかつき, 気持ち悪い",
        "calm": "穏やか, 穏やかに, おだやか, 落ち着き, 落ち着いて, 落ち着いた, 冷静, 冷静に, 静か, 静かに, 安らか, "
        "リラックス",
        "excited": "興奮, 興奮して, 興奮した, わくわく, ワクワク, 熱狂, 熱意, 元気, 元気に, テンション高め, 情熱的",
        "tender": "優しい, 優しく, やさしい, やさしく, 柔らかい, 柔らかく, 愛情, 愛しい, 温かい, 温かく, 甘い, 甘く",
        "whisper": "ささやき, ささやく, ささやいて, 囁き, 囁く, 囁いて, 囁くように, ささやくように, ひそひそ, 小声, "
        "小声で, ウィスパー",
        "serious": "真剣, 真剣に, 真面目, 真面目に, まじめ, 厳しい, 厳しく, 深刻, シリアス, 厳粛",
        "sarcastic": "皮肉, 皮肉っぽく, 皮肉な, 嫌味, 嫌味っぽく, からかい, 嘲笑, 風刺",
        "tired": "疲れ, 疲れた, 疲れて, つかれた, 眠い, 眠そうに, ねむい, だるい, 退屈, 疲労, ため息",
    },
    "ko": {
        "neutral": "중립, 중립적, 보통, 평범, 일반, 기본, 무감정, 담담",
        "happy": "행복, 행복한, 행복하게, 기쁨, 기쁜, 기쁘게, 즐거움, 즐거운, 즐겁게, 신나는, 밝은, 밝게, 웃음, "
        "웃으며, 유쾌한",
        "sad": "슬픔, 슬픈, 슬프게, 우울, 우울한, 우울하게, 서글픈, 눈물, 울면서, 우는, 실망, 애절한, 슬퍼",
        "angry": "분노, 화남, 화난, 화나, 화가 난, 화내며, 화나서, 성난, 격분, 짜증, 짜증난, 노여움",
        "fearful": "두려움, 두려운, 두렵게, 무서움, 무서운, 무섭게, 공포, 겁먹은, 불안, 불안한, 걱정, 긴장, 겁에 질린",
        "surprised": "놀람, 놀란, 놀라서, 놀라움, 놀라며, 깜짝, 충격, 경악",
        "disgusted": "혐오, 혐오스러운, 역겨움, 역겨운, 역겹게, 싫음, 싫은, 경멸, 질색",
        "calm": "차분, 차분한, 차분하게, 침착, 침착한, 침착하게, 평온, 평온한, 고요, 고요한, 조용한, 조용히, 편안한, "
        "편안하게",
        "excited": "흥분, 흥분한, 흥분된, 흥분해서, 신남, 신난, 신나게, 열정, 열정적, 열정적인, 들뜬, 설렘",
        "tender": "다정, 다정한, 다정하게, 부드러움, 부드러운, 부드럽게, 따뜻한, 따뜻하게, 상냥한, 상냥하게, 사랑, "
        "사랑스러운, 온화한",
        "whisper": "속삭임, 속삭이는, 속삭이며, 속삭이듯, 속삭여, 귓속말, 작은 소리로, 소곤소곤",
        "serious": "진지, 진지한, 진지하게, 심각, 심각한, 심각하게, 엄숙한, 엄격한, 엄숙하게, 단호한",
        "sarcastic": "비꼼, 비꼬는, 비꼬며, 비꼬듯, 빈정, 빈정대는, 빈정거림, 풍자, 조롱, 비아냥",
        "tired": "피곤, 피곤한, 피곤하게, 지친, 지쳐서, 지침, 졸린, 졸려, 나른한, 지루한, 피로, 한숨",
    },
    "de": {
        "neutral": "neutral|e|er|es|en|em|, normal|e|er|es|en|, sachlich|e|er|es|, gewöhnlich|e|er|es|, standard, "
        "nüchtern",
        "happy": "fröhlich|e|er|es|en|keit|, froh|e|er|es|, glücklich|e|er|es|en|, glück, freudig|e|er|es|, freude, "
        "heiter|e|er|es|, lustig|e|er|es|, vergnügt|e|er|es|, lachend|e|er|, erfreut",
        "sad": "traurig|e|er|es|en|keit|, trauer, betrübt|e|er|es|, bedrückt|e|er|, unglücklich|e|er|, "
        "niedergeschlagen|e|er|, melancholi|e|sch|sche|scher, weinend|e|er|, enttäuscht|e|er|, deprimiert",
        "angry": "wütend|e|er|es|en|, wut, zornig|e|er|es|, zorn, verärgert|e|er|es|, ärgerlich|e|er|es|, ärger, "
        "böse|r|s|, sauer, aufgebracht, erbost, empört, gereizt",
        "fearful": "ängstlich|e|er|es|en|, angst, furchtsam|e|er|es|, furcht, verängstigt|e|er|es|, "
        "erschrocken|e|er|, besorgt|e|er|, nervös|e|er|, panik, panisch|e|er|",
        "surprised": "überrascht|e|er|es|en|, überraschung, erstaunt|e|er|es|, erstaunen, verblüfft|e|er|, "
        "verwundert|e|er|, staunend, schockiert",
        "disgusted": "angeekelt|e|er|es|, ekel, angewidert|e|er|es|, abscheu, verächtlich|e|er|, verachtung, "
        "abgestoßen",
        "calm": "ruhig|e|er|es|en|, ruhe, gelassen|e|er|es|, entspannt|e|er|es|, friedlich|e|er|, still|e|er|, "
        "besonnen",
        "excited": "aufgeregt|e|er|es|en|, aufregung, begeistert|e|er|es|, begeisterung, enthusiastisch|e|er|, "
        "gespannt|e|er|, euphorisch, energisch, leidenschaftlich",
        "tender": "zärtlich|e|er|es|keit|, sanft|e|er|es|, liebevoll|e|er|es|, zart|e|er|, weich|e|er|, "
        "warmherzig|e|er|, herzlich|e|er|, liebe, mitfühlend, einfühlsam",
        "whisper": "flüstern|d|de|der|, geflüstert, flüster|n|e|ton|, leise, hauchend, wispern|d|",
        "serious": "ernst|e|er|es|en|haft|hafte|, streng|e|er|es|, feierlich|e|er|, förmlich|e|er|, ernsthaftigkeit, "
        "bestimmt",
        "sarcastic": "sarkas|tisch|tische|tischer|mus, ironi|e|sch|sche|scher, spöttisch|e|er|, spott, "
        "höhnisch|e|er|, zynisch|e|er|",
        "tired": "müde|r|s|, müdigkeit, erschöpft|e|er|es|, schläfrig|e|er|, gelangweilt|e|er|, matt|e|er|, ermüdet, "
        "seufzend",
    },
}
