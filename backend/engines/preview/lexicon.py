"""Words that describe voices, in the ten languages: (trait, steps, words). A row counts once however many words hit.

A word matches where it begins a word of the text (`deep` finds deeper); with `$` only as a whole word. Chinese,
Japanese and Korean words match anywhere.
"""

from __future__ import annotations

LEXICON: tuple[tuple[str, float, tuple[str, ...]], ...] = (
    (
        "female",
        0,
        (
            *("woman", "women", "female", "girl", "lady", "ladies", "grandmother", "grandma", "mother", "she$"),
            *("her$", "frau", "weiblich", "mädchen", "dame", "großmutter", "oma$", "mutter", "junge frau"),
            *("sängerin", "sprecherin", "femme", "féminin", "fille", "dame$", "grand-mère", "mère", "elle$"),
            *("mujer", "femenin", "chica", "niña", "señora", "abuela", "madre", "mulher", "feminin", "menina"),
            *("moça", "senhora", "avó", "mãe", "donna", "femminil", "ragazza", "signora", "nonna", "bambina"),
            *("женщин", "женск", "девушк", "девочк", "бабушк", "девоч", "мама", "女", "姑娘", "奶奶", "妈妈"),
            *("小姐", "阿姨", "少女", "おばあ", "お姉", "母親", "여자", "여성", "소녀", "할머니", "아가씨", "엄마"),
            *("아줌마"),
        ),
    ),
    (
        "male",
        0,
        (
            *("man$", "men$", "male", "boy", "guy", "gentleman", "grandfather", "grandpa", "father", "he$", "his$"),
            *("uncle", "mann$", "männlich", "mannes", "junge$", "herr$", "großvater", "opa$", "vater", "sprecher$"),
            *("kerl", "homme", "masculin", "garçon", "monsieur", "grand-père", "père", "hombre", "chico", "niño"),
            *("señor$", "abuelo", "padre", "homem", "menino", "rapaz", "senhor$", "avô", "pai$", "uomo", "maschi"),
            *("maschil", "ragazzo", "signore", "nonno", "bambino", "мужчин", "мужск", "парень", "парня", "мальчик"),
            *("дедушк", "старик", "отец", "男", "爷爷", "小伙", "大叔", "叔叔", "爸爸", "おじい", "おじさん"),
            *("お兄", "少年", "父親", "남자", "남성", "소년", "할아버지", "아저씨", "아빠", "청년"),
        ),
    ),
    (
        "child",
        0,
        (
            *("child", "kid$", "kids$", "little girl", "little boy", "toddler", "kleines kind", "kinderstimme"),
            *("kindlich", "kindes", "enfant", "fillette", "petit garçon", "niño", "niña", "criança", "menino"),
            *("menina", "bambin", "ребен", "ребён", "детск", "девочк", "мальчик", "孩", "儿童", "童声", "子供"),
            *("こども", "子ども", "幼い", "아이", "어린이", "꼬마"),
        ),
    ),
    (
        "young",
        0,
        (
            *("young", "youth", "teen", "girl", "boy", "jung", "jugend", "mädchen", "jeune", "ado$", "joven"),
            *("chic", "jovem", "jovens", "rapaz", "moça", "giovan", "ragazz", "молод", "юн", "девушк", "парень"),
            *("парня", "年轻", "年輕", "青年", "少年", "少女", "姑娘", "小伙", "若い", "若者", "젊", "소년"),
            *("소녀", "청년", "아가씨"),
        ),
    ),
    (
        "old",
        0,
        (
            *("old$", "older", "elder", "aged", "senior", "grandmother", "grandfather", "grandma", "grandpa"),
            *("ancient", "alt$", "alte", "älter", "greis", "betagt", "großmutter", "großvater", "oma$", "opa$"),
            *("vieux", "vieil", "âgé", "grand-mère", "grand-père", "viej", "ancian", "mayor$", "abuel", "velh"),
            *("idos", "avó", "avô", "vecchi", "anzian", "nonn", "стар", "пожил", "бабушк", "дедушк", "老", "年迈"),
            *("年长", "奶奶", "爷爷", "年老", "高齢", "年配", "おじい", "おばあ", "늙", "노인", "할머니"),
            *("할아버지", "나이 든"),
        ),
    ),
    (
        "pitch",
        1.6,
        (
            *("high$", "higher", "high-pitched", "high pitched", "shrill", "squeak", "hoch$", "hohe", "höher"),
            *("piepsig", "aigu", "haut perché", "agud", "alto tono", "aguda", "acut", "высок", "писклив", "尖"),
            *("高音", "高亢", "声音高", "音调高", "高い", "甲高", "높은", "높고", "고음"),
        ),
    ),
    (
        "pitch",
        -1.6,
        (
            *("low$", "lower", "low-pitched", "deep", "bass", "baritone", "tief", "bariton", "grave", "profond"),
            *("profund", "grossa", "bajo$", "baja$", "baix", "низк", "глубок", "бас$", "басист", "баритон", "低"),
            *("深沉", "浑厚", "低い", "深い", "낮은", "낮고", "저음", "깊은", "굵은"),
        ),
    ),
    (
        "pace",
        1.6,
        (
            *("fast", "quick", "rapid", "brisk", "hurried", "schnell", "hastig", "rasch", "rapide", "vite$"),
            *("rápid", "veloz", "veloce", "быстр", "тороплив", "скорост", "快", "急促", "速い", "早い", "早口"),
            *("빠른", "빠르"),
        ),
    ),
    (
        "pace",
        -1.6,
        (
            *("slow", "unhurried", "leisurely", "langsam", "gemächlich", "lent$", "lente", "lento", "despaci"),
            *("pausad", "devagar", "calmamente", "медлен", "неторопл", "慢", "缓", "ゆっくり", "遅い", "느린"),
            *("느리", "천천히"),
        ),
    ),
    (
        "bright",
        1.5,
        (
            *("bright", "clear", "crisp", "sharp", "ringing", "edgy", "hell$", "helle", "klar", "scharf", "clair"),
            *("vif$", "brillant", "nítid", "clar", "brilhant", "brillante", "chiar", "limpid", "squillant"),
            *("звонк", "ясн", "чист", "明亮", "清脆", "清晰", "响亮", "甜美", "明る", "澄ん", "はっきり", "밝"),
            *("맑", "또렷", "선명"),
        ),
    ),
    (
        "bright",
        -1.5,
        (
            *("warm", "mellow", "soft", "dark", "muffled", "smooth", "velvet", "gentle", "sanft", "weich"),
            *("dunkel", "dunkle", "samtig", "chaud", "doux", "douce", "sombre", "velouté", "cálid", "suav"),
            *("oscur", "aveludad", "quente", "cald", "morbid", "scur", "vellutat", "тёпл", "тепл", "мягк"),
            *("бархат", "тёмн", "нежн", "温暖", "温柔", "柔", "醇厚", "暖", "優し", "やさし", "柔らか", "温か"),
            *("따뜻", "부드러", "포근"),
        ),
    ),
    (
        "breath",
        1.5,
        (
            *("breath", "airy", "whisper", "husky", "sultry", "hauch", "luftig", "flüster", "souffl", "murmur"),
            *("susurr", "aspirad", "sussurr", "soprosa", "soffiat", "придыхан", "шёпот", "шепот", "шепч", "气声"),
            *("耳语", "气息", "沙哑", "息", "ささや", "ハスキー", "숨소리", "속삭", "허스키"),
        ),
    ),
    (
        "rough",
        1.5,
        (
            *("rough", "rasp", "gravel", "hoarse", "gruff", "husky", "grating", "rau$", "raue", "rauh", "heiser"),
            *("kratzig", "rauque", "éraill", "enrou", "ronc", "áspera", "áspero", "rouc", "rauc", "ruvid"),
            *("graffi", "хрипл", "хрипот", "сипл", "груб", "沙哑", "粗", "嘶哑", "しわがれ", "かすれ", "ハスキー"),
            *("거친", "쉰", "걸걸"),
        ),
    ),
    (
        "size",
        1.5,
        (
            *("big$", "large", "huge", "giant", "massive", "powerful", "strong", "groß$", "große", "riese"),
            *("riesig", "kräftig", "mächtig", "grand$", "géant", "puissant", "grande", "gigante", "enorme"),
            *("potente", "poderos", "fuerte", "forte", "больш", "огромн", "велик", "мощн", "сильн", "高大", "巨"),
            *("强壮", "魁梧", "有力", "大柄", "大きな", "力強", "큰", "거대", "우렁", "힘찬"),
        ),
    ),
    (
        "size",
        -1.5,
        (
            *("small", "tiny", "little", "thin", "petite", "fairy", "elf$", "klein", "winzig", "zierlich", "dünn"),
            *("petit", "mince", "fluet", "pequeñ", "delgad", "fina$", "pequen", "fininh", "piccol", "sottil"),
            *("маленьк", "тонк", "крошечн", "小巧", "娇小", "细", "瘦", "小柄", "小さ", "細い", "작은", "가는"),
            *("가느다란"),
        ),
    ),
    (
        "lively",
        1.6,
        (
            *("lively", "energetic", "excited", "cheerful", "playful", "animated", "dynamic", "expressive"),
            *("dramatic", "lebhaft", "fröhlich", "munter", "energisch", "dynamisch", "vivant", "enjou", "joyeu"),
            *("gai$", "énergique", "alegre", "animad", "vivaz", "enérgic", "dinâmic", "dinámic", "vivac", "allegr"),
            *("energic", "dinamic", "живой", "живая", "весел", "весёл", "энергич", "бодр", "活泼", "欢快", "开朗"),
            *("活力", "元気", "楽し", "陽気", "활기", "명랑", "발랄", "경쾌"),
        ),
    ),
    (
        "lively",
        -1.6,
        (
            *("monoton", "calm", "flat$", "serious", "robot", "quiet", "solemn", "stern", "ruhig", "ernst"),
            *("sachlich", "calme", "sérieu", "posé", "tranquil", "seri$", "seria", "serio", "sério", "séria"),
            *("tranquill", "pacat", "спокойн", "серьёзн", "серьезн", "монотон", "строг", "平静", "沉稳", "严肃"),
            *("冷静", "稳重", "平淡", "落ち着", "静か", "真面目", "차분", "침착", "진지", "무뚝뚝"),
        ),
    ),
)
