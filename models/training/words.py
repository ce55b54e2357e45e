"""The word lists that the programs draw from."""

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
DAYS_JA = ("月曜日", "火曜日", "水曜日", "木曜日", "金曜日", "土曜日", "日曜日")
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")
MONTHS_JA = ("一月", "二月", "三月", "四月", "五月", "六月", "七月", "八月", "九月", "十月", "十一月", "十二月")
MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
SMALL = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
SMALL += ("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty")

THINGS = (("apples", "りんご"), ("oranges", "みかん"), ("eggs", "卵"), ("sweets", "あめ"), ("stones", "石"), ("peaches", "桃"), ("balls", "ボール"), ("chestnuts", "くり"))

CAPITALS = [("Japan", "Tokyo", "日本", "東京"), ("France", "Paris", "フランス", "パリ"), ("Germany", "Berlin", "ドイツ", "ベルリン"), ("Italy", "Rome", "イタリア", "ローマ"),
            ("Spain", "Madrid", "スペイン", "マドリード"), ("England", "London", "イギリス", "ロンドン"), ("China", "Beijing", "中国", "北京"), ("South Korea", "Seoul", "韓国", "ソウル"),
            ("the United States", "Washington", "アメリカ", "ワシントン"), ("Canada", "Ottawa", "カナダ", "オタワ"), ("Australia", "Canberra", "オーストラリア", "キャンベラ"),
            ("India", "New Delhi", "インド", "ニューデリー"), ("Russia", "Moscow", "ロシア", "モスクワ"), ("Egypt", "Cairo", "エジプト", "カイロ"), ("Greece", "Athens", "ギリシャ", "アテネ"),
            ("Portugal", "Lisbon", "ポルトガル", "リスボン"), ("Austria", "Vienna", "オーストリア", "ウィーン"), ("Brazil", "Brasília", "ブラジル", "ブラジリア"),
            ("Thailand", "Bangkok", "タイ", "バンコク"), ("Sweden", "Stockholm", "スウェーデン", "ストックホルム"), ("Norway", "Oslo", "ノルウェー", "オスロ"), ("Ireland", "Dublin", "アイルランド", "ダブリン")]
OTHER_COUNTRIES = [("Bolivia", "ボリビア"), ("Chad", "チャド"), ("Laos", "ラオス"), ("Kenya", "ケニア"), ("Peru", "ペルー"), ("Nepal", "ネパール"), ("Iceland", "アイスランド"),
                   ("Mongolia", "モンゴル"), ("Cuba", "キューバ"), ("Ghana", "ガーナ"), ("Mali", "マリ"), ("Fiji", "フィジー"), ("Togo", "トーゴ"), ("Latvia", "ラトビア")]
OPPOSITES = [("hot", "cold", "熱い", "冷たい"), ("big", "small", "大きい", "小さい"), ("high", "low", "高い", "低い"), ("long", "short", "長い", "短い"), ("fast", "slow", "速い", "遅い"),
             ("new", "old", "新しい", "古い"), ("light", "dark", "明るい", "暗い"), ("heavy", "light", "重い", "軽い"), ("good", "bad", "良い", "悪い"), ("open", "closed", "開く", "閉じる"),
             ("up", "down", "上", "下"), ("left", "right", "左", "右"), ("day", "night", "昼", "夜"), ("happy", "sad", "うれしい", "悲しい"), ("strong", "weak", "強い", "弱い"),
             ("early", "late", "早い", "遅い"), ("full", "empty", "いっぱい", "空っぽ"), ("easy", "difficult", "易しい", "難しい"), ("near", "far", "近い", "遠い"), ("in", "out", "中", "外"),
             ("rich", "poor", "豊か", "貧しい"), ("wet", "dry", "ぬれた", "乾いた"), ("black", "white", "黒", "白"), ("front", "back", "前", "後ろ"), ("begin", "end", "始まる", "終わる"),
             ("young", "old", "若い", "老いた"), ("quiet", "loud", "静か", "うるさい"), ("clean", "dirty", "きれい", "汚い"), ("win", "lose", "勝つ", "負ける"), ("buy", "sell", "買う", "売る")]
WORDS = [("cat", "猫"), ("dog", "犬"), ("water", "水"), ("tea", "お茶"), ("fish", "魚"), ("bird", "鳥"), ("mountain", "山"), ("river", "川"), ("sea", "海"), ("sky", "空"), ("sun", "太陽"), ("moon", "月"),
         ("star", "星"), ("flower", "花"), ("tree", "木"), ("house", "家"), ("book", "本"), ("car", "車"), ("train", "電車"), ("friend", "友だち"), ("mother", "母"), ("father", "父"), ("child", "子ども"),
         ("school", "学校"), ("teacher", "先生"), ("red", "赤"), ("blue", "青"), ("white", "白"), ("black", "黒"), ("green", "緑"), ("rice", "ご飯"), ("bread", "パン"), ("egg", "卵"), ("milk", "牛乳"),
         ("apple", "りんご"), ("peach", "桃"), ("rain", "雨"), ("snow", "雪"), ("wind", "風"), ("spring", "春"), ("summer", "夏"), ("autumn", "秋"), ("winter", "冬"), ("morning", "朝"), ("night", "夜"),
         ("one", "一"), ("two", "二"), ("three", "三"), ("ten", "十"), ("hand", "手"), ("eye", "目"), ("ear", "耳"), ("horse", "馬"), ("cow", "牛"), ("rabbit", "うさぎ"), ("turtle", "亀"), ("monkey", "猿"),
         ("thank you", "ありがとう"), ("good morning", "おはようございます"), ("good night", "おやすみなさい"), ("goodbye", "さようなら"), ("yes", "はい"), ("no", "いいえ"), ("sorry", "ごめんなさい")]
OTHER_WORDS = [("screwdriver", "ねじ回し"), ("refrigerator", "冷蔵庫"), ("umbrella", "傘"), ("democracy", "民主主義"), ("cucumber", "きゅうり"), ("insurance", "保険"), ("knee", "ひざ"), ("carpet", "じゅうたん"),
               ("bridge", "橋"), ("ladder", "はしご"), ("airport", "空港"), ("spoon", "スプーン"), ("justice", "正義"), ("squirrel", "りす"), ("elbow", "ひじ")]
SOUNDS = [("cat", "meow", "猫", "ニャー"), ("dog", "woof", "犬", "ワン"), ("cow", "moo", "牛", "モー"), ("sheep", "baa", "羊", "メー"), ("duck", "quack", "あひる", "ガーガー"), ("pig", "oink", "豚", "ブー"),
          ("frog", "croak", "蛙", "ケロケロ"), ("horse", "neigh", "馬", "ヒヒーン"), ("mouse", "squeak", "ねずみ", "チュー"), ("crow", "caw", "からす", "カー"), ("lion", "roar", "ライオン", "ガオー")]
COLOURS = [("blue", "yellow", "green", "青", "黄色", "緑"), ("red", "yellow", "orange", "赤", "黄色", "オレンジ色"), ("red", "blue", "purple", "赤", "青", "紫"), ("red", "white", "pink", "赤", "白", "ピンク"),
           ("black", "white", "grey", "黒", "白", "灰色")]
THING_COLOURS = [("grass", "green", "草", "緑色"), ("snow", "white", "雪", "白"), ("a banana", "yellow", "バナナ", "黄色"), ("a tomato", "red", "トマト", "赤"), ("the sea", "blue", "海", "青"), ("an orange", "orange", "みかん", "オレンジ色"),
                 ("coal", "black", "石炭", "黒"), ("milk", "white", "牛乳", "白"), ("a lemon", "yellow", "レモン", "黄色"), ("blood", "red", "血", "赤"), ("chocolate", "brown", "チョコレート", "茶色")]
LEGS = [("spider", 8, "くも"), ("dog", 4, "犬"), ("cat", 4, "猫"), ("bird", 2, "鳥"), ("ant", 6, "あり"), ("horse", 4, "馬"), ("cow", 4, "牛"), ("chicken", 2, "鶏"), ("bee", 6, "みつばち"), ("octopus", 8, "たこ")]

CHARACTERS = [("cat", "猫"), ("dog", "犬"), ("rabbit", "うさぎ"), ("fox", "きつね"), ("bear", "くま"), ("mouse", "ねずみ"), ("frog", "蛙"), ("robot", "ロボット"), ("bird", "小鳥"), ("turtle", "亀"), ("dragon", "竜"), ("monkey", "猿")]
PLACES = [("in a green forest", "緑の森"), ("by the sea", "海のそば"), ("on a high mountain", "高い山"), ("in a little village", "小さな村"), ("near a river", "川の近く"), ("in a big city", "大きな町")]
PLOTS = [
    ("Every night it looked at the moon and wanted to touch it. One night it saw the moon in a pond and jumped in. The moon was gone, but the {c} laughed, because the water was full of stars.",
     "毎晩月を見て、さわってみたいと思っていました。ある夜、池の中に月を見つけて飛びこみました。月は消えましたが、水は星でいっぱいで、{c}は笑いました。"),
    ("One day it found a small seed and planted it. It gave it water every morning and waited. In spring a big flower opened, and all the neighbours came to see it.",
     "ある日、小さな種を見つけて植えました。毎朝水をやって待ちました。春になると大きな花が咲き、みんなが見に来ました。"),
    ("One winter there was little to eat. The {c} had only one bread, but it gave half of it to a hungry stranger. In the morning there were ten breads in front of its door.",
     "ある冬、食べ物が少なくなりました。{c}はたった一つのパンを、お腹をすかせた旅人と半分に分けました。次の朝、戸の前にパンが十個置いてありました。"),
    ("It was afraid of the dark. One evening a small light came flying and said: Follow me. They walked through the night together, and after that the {c} was never afraid again.",
     "暗いところがこわくてたまりませんでした。ある晩、小さな光が飛んできて、「ついておいで」と言いました。一緒に夜道を歩いたあと、{c}はもうこわくなくなりました。"),
    ("One day it wanted to buy a cake, but there was a long queue. It let an old lady go first, and then a child. When its turn came, the baker smiled and gave it the biggest cake of all.",
     "ある日、ケーキを買いに行くと、長い列ができていました。{c}はおばあさんと子どもに順番をゆずりました。自分の番になると、店の人が笑って一番大きなケーキをくれました。"),
    ("One day a storm came, and a little bird fell from its nest. The {c} kept it warm all night long. When the sun came out, the bird sang its first song, and it was a song of thanks.",
     "ある日あらしが来て、ひなが巣から落ちました。{c}は一晩中ひなを温めました。お日さまが出ると、ひなは初めての歌を歌いました。それはありがとうの歌でした。"),
    ("One day it lost its red hat and looked for it everywhere, under the bed and behind the house. Its friends helped to look. At last somebody laughed: the hat was on its head the whole time!",
     "ある日、赤い帽子をなくして、ベッドの下も家の裏も探しました。友だちも手伝ってくれました。最後にだれかが笑って言いました。「帽子はずっと頭の上にあるよ」。"),
]

UNKNOWN = ("quantum physics|the French Revolution|Napoleon|Shakespeare|blockchain|Kubernetes|photosynthesis|black holes|the Roman Empire|football rules|chess openings|Beethoven|the stock market|DNA|the theory of relativity|"
           "volcanoes|the Second World War|Leonardo da Vinci|Picasso|jazz|the Amazon river|penguins|dinosaurs|electric cars|nuclear power|tax law|the human brain|vitamins|diabetes|yoga|baseball|sumo|sushi|pizza dough|"
           "wine|coffee beans|the Eiffel Tower|the pyramids|Julius Caesar|Cleopatra|Isaac Newton|Albert Einstein|Marie Curie|the Beatles|opera|ballet|gardening|carpentry|sailing|airplanes|rockets|Mars missions|satellites|"
           "Rust macros|Haskell monads|SQL joins|Docker|Linux kernels|compilers|cryptography|machine learning papers|neural networks|transformers|gradient descent|CUDA|databases|TCP|React|TypeScript generics|regular expressions|"
           "philosophy|Plato|Buddhism|economics|inflation|climate change|the ozone layer|coral reefs|whale songs|bacteria|viruses|antibiotics|the immune system|the periodic table|oxygen|gold mining|earthquakes|tides|"
           "the Olympic games|Formula One|tennis|golf|poker|Minecraft|Pokemon|movies|Star Wars|Harry Potter|Sherlock Holmes|Don Quixote|Hamlet|Mozart|Van Gogh|impressionism|architecture|Gothic churches|castles|knights|samurai|ninjas|"
           "geisha|the shogun|the Edo period|the Silk Road|Marco Polo|Columbus|the Vikings|the Aztecs|the Great Wall|Mongolia|Antarctica|deserts|cactus|mushrooms|orchids|bonsai|origami folds|knitting|perfume|leather|steel|concrete|"
           "batteries|solar panels|wind turbines|refrigerators|microwave ovens|elevators|bicycles|submarines|lasers|magnets|gravity|entropy|prime numbers|calculus|topology|statistics|probability")
UNKNOWN_JA = ("量子力学|フランス革命|ナポレオン|シェイクスピア|ブロックチェーン|光合成|ブラックホール|ローマ帝国|サッカーのルール|将棋の定跡|ベートーベン|株式市場|遺伝子|相対性理論|火山|第二次世界大戦|レオナルド・ダ・ヴィンチ|ピカソ|ジャズ|"
              "ペンギン|恐竜|電気自動車|原子力|税法|脳|ビタミン|糖尿病|ヨガ|野球|相撲|寿司|ワイン|コーヒー豆|エッフェル塔|ピラミッド|クレオパトラ|ニュートン|アインシュタイン|ビートルズ|オペラ|バレエ|園芸|飛行機|ロケット|人工衛星|データベース|"
              "コンパイラー|暗号|ニューラルネットワーク|哲学|仏教|経済学|インフレ|気候変動|さんご礁|細菌|ウイルス|免疫|元素周期表|酸素|地震|潮の満ち引き|オリンピック|テニス|ゴルフ|映画|ハリー・ポッター|モーツァルト|ゴッホ|建築|城|侍|忍者|江戸時代|"
              "シルクロード|コロンブス|バイキング|万里の長城|南極|砂漠|きのこ|盆栽|折り紙|編み物|電池|太陽光発電|冷蔵庫|自転車|潜水艦|レーザー|磁石|重力|素数|微分積分|統計学|確率|織田信長|徳川家康|源氏物語|夏目漱石|歌舞伎|能|茶道|着物")

NAMES = ("Anna|Ben|Clara|David|Emma|Felix|Grace|Henry|Ida|Jack|Karen|Leo|Maria|Nora|Oliver|Paul|Rosa|Sam|Tom|Uma|Vera|Will|Zoe|Alice|Bob|Carol|Dan|Eve|Frank|John|Jane|Mary|Peter|Lucy|Max|Mia|Kenji|Yuki|Hana|Taro|Akira|Sora").split("|")
NAMES_JA = "太郎|花子|健二|由紀|さくら|一郎|明|美咲|翔太|陽子|ケン|アンナ|ユキ|ハナ|ソラ|田中|鈴木|佐藤|山田|高橋|伊藤|中村|小林|加藤".split("|")
