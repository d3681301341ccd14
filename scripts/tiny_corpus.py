"""Our own lines in twenty scripts and more, from which the tiny vocabulary learns its merges. Text only."""

from __future__ import annotations

CORPUS = """
The assistant reads the script aloud, and the user listens to every word of it. Whisper the first
sentence, then shout the
second one; a short pause between them makes the third one sound better. The system says what it
does and why it does it.
Nothing is lost when the power goes out: the recordings stay where they were, and the studio starts again by itself.
She laughed, and then she was sad again, because the morning had been long and the evening would be longer still.
There were three hundred and twenty-seven voices in the old theatre, and none of them wanted to
speak before the others.
Die Stimme spricht den Text vor, und der Nutzer hört jedes Wort. Zuerst wird geflüstert, danach
wird gerufen, und zwischen
beiden Sätzen liegt eine kurze Pause. Größere Aufnahmen brauchen länger, schöne Übungen für müde Zuhörer am Schluß.
La voix lit le texte à haute voix, et l'auditeur écoute chaque mot. D'abord un murmure, ensuite un
cri, où la phrase s'arrête
un instant. Les enregistrements restent là même quand l'électricité manque; ça recommence très tôt
le matin, près du théâtre.
La voz lee el texto en alto y la persona escucha cada palabra. Primero susurra, después grita, y
entre las dos frases hay una
pausa pequeña. Mañana habrá más canciones para los niños; ¿quién quiere empezar? ¡Qué alegría tan grande!
La voce legge il testo ad alta voce e chi ascolta sente ogni parola. Prima sussurra, poi grida, e
tra le due frasi c'è una
breve pausa. Perché la città è così tranquilla di sera? Perché tutti ascoltano la storia più bella.
A voz lê o texto em voz alta e a pessoa ouve cada palavra. Primeiro sussurra, depois grita, e entre
as duas frases há uma
pausa pequena. Amanhã haverá mais canções para as crianças; não é verdade que a emoção também se ouve?
Голос читает текст вслух, и слушатель слышит каждое слово. Сначала шёпот, потом крик, а между двумя
фразами короткая пауза.
Записи остаются на своём месте, даже когда гаснет свет; студия начинает работу снова сама, и никто ничего не теряет.
Голос читає текст уголос, і слухач чує кожне слово. Спочатку шепіт, потім вигук, а між реченнями коротка перерва.
声音把文字读出来，听的人听见每一个字。先是低声说话，然后大声喊叫，两个句子之间有一段短短的停顿。今天
天气很好，我们一起去公园散步吧。
录音都还在原来的地方，就算停电了也不会丢失；工作室自己会重新开始。你好，请问你叫什么名字？我叫小明，很高兴认识你。
聲音把文字讀出來，聽的人聽見每一個字。先是低聲說話，然後大聲喊叫，兩個句子之間有一段短短的停頓。
声は文章を読み上げ、聞く人はすべての言葉を聞きます。はじめはささやき、それから叫び、二つの文のあいだ
に短い間があります。
きょうはいい天気ですから、いっしょに公園を散歩しましょう。カタカナのことばもあります：スタジオ、マイ
ク、レコーディング。
목소리가 글을 소리 내어 읽고 듣는 사람은 모든 낱말을 듣습니다. 처음에는 속삭이고 그다음에는 외치며 두 문
장 사이에는 짧은 쉼이
있습니다.
오늘은 날씨가 좋으니 함께 공원을 산책합시다. 녹음은 제자리에 남아 있고 아무것도 잃어버리지 않습니다.
الصوت يقرأ النص بصوت عال والمستمع يسمع كل كلمة. في البداية همس ثم صراخ، وبين الجملتين وقفة قصيرة.
اليوم الطقس جميل فلنذهب معا إلى الحديقة.
صدا متن را بلند می‌خواند و شنونده هر واژه را می‌شنود. نخست زمزمه، سپس فریاد، و میان دو جمله درنگی کوتاه.
הקול קורא את הטקסט בקול רם והמאזין שומע כל מילה. בתחילה לחישה, אחר כך צעקה, ובין שני המשפטים הפסקה קצרה.
आवाज़ पाठ को ज़ोर से पढ़ती है और सुनने वाला हर शब्द सुनता है। पहले फुसफुसाहट, फिर चिल्लाहट, और
दोनों वाक्यों के बीच एक छोटा विराम।
কণ্ঠ লেখাটি জোরে পড়ে এবং শ্রোতা প্রতিটি শব্দ শোনে। প্রথমে ফিসফিস, তারপর চিৎকার, আর দুই বাক্যের মাঝে ছোট একটি বিরতি।
குரல் உரையைச் சத்தமாகப் படிக்கிறது, கேட்பவர் ஒவ்வொரு சொல்லையும் கேட்கிறார். முதலில் மெல்லிய குரல்,
பிறகு உரத்த குரல்.
గొంతు పాఠాన్ని గట్టిగా చదువుతుంది, వినేవారు ప్రతి మాట వింటారు. మొదట గుసగుస, తరువాత కేక.
เสียงอ่านข้อความออกมาดังๆ และผู้ฟังได้ยินทุกคำ ตอนแรกกระซิบ แล้วจึงตะโกน
ระหว่างสองประโยคมีช่วงหยุดสั้นๆ วันนี้อากาศดี
Η φωνή διαβάζει το κείμενο δυνατά και ο ακροατής ακούει κάθε λέξη. Πρώτα ψίθυρος, μετά κραυγή, κι
ανάμεσα μια μικρή παύση.
Ձայնը բարձրաձայն կարդում է տեքստը, և լսողը լսում է ամեն բառ։ Սկզբում շշուկ, հետո ճիչ։
ხმა ტექსტს ხმამაღლა კითხულობს და მსმენელი ყოველ სიტყვას ისმენს. ჯერ ჩურჩული, მერე ყვირილი.
ድምፁ ጽሑፉን ጮክ ብሎ ያነባል፤ አድማጩም እያንዳንዱን ቃል ይሰማል። መጀመሪያ ሹክሹክታ፣ ከዚያ ጩኸት።
သံသည် စာကို အသံထွက်ဖတ်ပြီး နားထောင်သူသည် စကားလုံးတိုင်းကို ကြားသည်။
សំឡេងអានអត្ថបទឱ្យឮៗ ហើយអ្នកស្តាប់ឮគ្រប់ពាក្យ។
හඬ පෙළ හයියෙන් කියවයි, අසන්නා සෑම වචනයක්ම අසයි.
Giọng nói đọc to văn bản và người nghe nghe thấy từng từ. Đầu tiên là thì thầm, sau đó là tiếng
hét, giữa hai câu có một quãng
nghỉ ngắn. Ses metni yüksek sesle okur ve dinleyen her sözcüğü duyar; önce fısıltı, sonra çığlık,
iki cümle arasında kısa bir ara.
Głos czyta tekst na głos, a słuchacz słyszy każde słowo. Najpierw szept, potem krzyk, między
zdaniami krótka przerwa.
"""
