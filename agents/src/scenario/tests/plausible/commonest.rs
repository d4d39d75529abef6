//! What learners may well say in the languages that only have the commonest scenes.

use super::*;

#[test]
fn what_guests_of_a_boteco_a_dumpling_house_and_an_izakaya_say_is_understood() {
    understood!("restaurant":
        Portuguese {
            0: [("dois", Fills("party", "duas pessoas")), ("só eu", Fills("party", "uma pessoa")), ("somos cinco", Fills("party", "cinco pessoas")), ("não tenho reserva", Means("no_reservation")), ("tenho uma reserva", Means("reservation")), ("em nome de Silva", Fills("name", "Silva")), ("mesa pra 4 pfv", Fills("party", "quatro pessoas"))]
            1: [("lá fora", Fills("place", "na calçada")), ("dentro", Fills("place", "no salão")), ("tanto faz", Means("anywhere")), ("não importa", Means("anywhere")), ("na calçada não", Refuses), ("não na calçada, perto da janela", Fills("place", "perto da janela"))]
            2: [("uma cerveja", Fills("drink", "uma cerveja")), ("água", Fills("drink", "uma água sem gás")), ("água com gás", Fills("drink", "uma água com gás")), ("não, obrigado", Means("nothing")), ("nada", Means("nothing")), ("o que você recomenda?", Means("ask_advice")), ("não quero cerveja, quero um guaraná", Fills("drink", "um guaraná"))]
            3: [("não", Means("none")), ("sou vegetariana", Fills("diet", "sem carne")), ("não sou vegetariano", Means("none")), ("não como peixe", Fills("diet", "sem peixe")), ("não como carne de porco", Fills("diet", "sem carne de porco")), ("como de tudo", Means("none")), ("não tenho alergia a amendoim", Means("none"))]
            4: [("a feijoada", Fills("dish", "a feijoada")), ("o prato do dia", Fills("dish", "o prato do dia")), ("o que vocês têm?", Means("ask_advice")), ("não quero feijoada", Refuses), ("um bife", Fills("dish", "o filé à parmegiana")), ("tem alguma coisa sem carne?", Means("ask_advice"))]
            5: [("não", Means("full")), ("sim", Means("yes")), ("um café", Fills("dessert", "um cafezinho")), ("a conta por favor", Means("full")), ("nada mais", Means("full")), ("estou satisfeita", Means("full"))]
            6: [("cartão", Fills("payment", "no cartão")), ("pix", Fills("payment", "no Pix")), ("em dinheiro", Fills("payment", "em dinheiro")), ("separado", Means("split")), ("tudo junto", Means("pay"))]
        }
        Chinese {
            0: [("2个人", Fills("party", "两位")), ("两个人", Fills("party", "两位")), ("三个", Fills("party", "三位")), ("一个人", Fills("party", "一位")), ("我没订位子", Means("no_reservation")), ("我订了位子", Means("reservation")), ("我叫安娜，订了位子", Fills("name", "安娜"))]
            1: [("窗边", Fills("place", "靠窗的位子")), ("里面", Fills("place", "大厅")), ("都可以", Means("anywhere")), ("我不想坐外面", Refuses), ("不要外面，要靠窗", Fills("place", "靠窗的位子"))]
            2: [("啤酒", Fills("drink", "啤酒")), ("我要喝茶", Fills("drink", "盖碗茶")), ("我不要啤酒", Means("nothing")), ("不要啤酒，要茶", Fills("drink", "盖碗茶")), ("不用了", Means("nothing")), ("有什么好喝的", Means("ask_advice")), ("水", Fills("drink", "热水"))]
            3: [("没有", Means("none")), ("我吃素", Fills("diet", "不吃肉")), ("我不是素食者", Means("none")), ("不吃辣", Fills("diet", "不吃辣")), ("我能吃辣", Means("none")), ("花生过敏", Fills("diet", "不吃花生")), ("我对花生不过敏", Means("none")), ("我不吃猪肉", Fills("diet", "不吃猪肉"))]
            4: [("饺子", Fills("dish", "钟水饺")), ("一碗面", Fills("dish", "担担面")), ("有什么推荐的吗", Means("ask_advice")), ("我不要豆腐", Refuses), ("素饺子", Fills("dish", "素三鲜饺子"))]
            5: [("不用了", Means("full")), ("好的", Means("yes")), ("冰粉", Fills("dessert", "冰粉")), ("我吃饱了", Means("full")), ("买单", Means("full"))]
            6: [("微信", Fills("payment", "微信支付")), ("现金", Fills("payment", "现金")), ("刷卡", Fills("payment", "刷卡")), ("分开付", Means("split")), ("不用微信，用现金", Fills("payment", "现金"))]
        }
        Japanese {
            0: [("2人です", Fills("party", "二名様")), ("ふたりです", Fills("party", "二名様")), ("三人", Fills("party", "三名様")), ("一人です", Fills("party", "一名様")), ("予約していません", Means("no_reservation")), ("予約しました", Means("reservation")), ("予約したスミスです", Fills("name", "スミス"))]
            1: [("カウンター", Fills("place", "カウンター席")), ("どこでも大丈夫です", Means("anywhere")), ("座敷でお願いします", Fills("place", "お座敷")), ("カウンターはだめです", Refuses)]
            2: [("ビール", Fills("drink", "生ビール")), ("水をください", Fills("drink", "お水")), ("ビールはいりません", Means("nothing")), ("おすすめはありますか", Means("ask_advice")), ("いいえ、結構です", Means("nothing")), ("お茶をお願いします", Fills("drink", "温かいお茶"))]
            3: [("ありません", Means("none")), ("ベジタリアンです", Fills("diet", "お肉なし")), ("ベジタリアンではありません", Means("none")), ("魚が苦手です", Fills("diet", "お魚なし")), ("卵アレルギーです", Fills("diet", "卵なし")), ("何でも大丈夫です", Means("none"))]
            4: [("焼き鳥", Fills("dish", "焼き鳥の盛り合わせ")), ("天ぷらをください", Fills("dish", "野菜の天ぷら")), ("おすすめは何ですか", Means("ask_advice")), ("刺身は食べません", Refuses)]
            5: [("はい", Means("yes")), ("いいえ", Means("full")), ("アイスをお願いします", Fills("dessert", "抹茶アイス")), ("お会計お願いします", Means("full")), ("おなかいっぱいです", Means("full"))]
            6: [("カードで", Fills("payment", "カード")), ("現金です", Fills("payment", "現金")), ("べつべつにお願いします", Means("split")), ("一緒にお願いします", Means("pay"))]
        }
    );
}

#[test]
fn what_customers_of_a_cafe_say_is_understood() {
    understood!("coffee_shop":
        Portuguese {
            0: [("um café", Fills("drink", "um café coado")), ("dois cafés", Fills("drink", "dois expressos")), ("café com leite", Fills("drink", "um café com leite")), ("o que você recomenda?", Means("ask_advice"))]
            1: [("médio", Fills("size", "médio")), ("tanto faz", Means("any_size")), ("pequena", Fills("size", "pequeno"))]
            2: [("sem açúcar", Fills("extra", "sem açúcar")), ("não", Means("plain")), ("com leite", Means("extra")), ("nada", Means("plain"))]
            3: [("não", Means("nothing")), ("um bolo", Fills("snack", "um bolo de fubá")), ("o que vocês têm?", Means("ask_advice")), ("só isso", Means("nothing"))]
            4: [("aqui", Fills("where", "para tomar aqui")), ("pra levar", Fills("where", "para viagem"))]
            5: [("débito", Fills("payment", "no cartão")), ("dinheiro", Fills("payment", "em dinheiro")), ("pode ficar com o troco", Means("keep"))]
        }
        Chinese {
            0: [("咖啡", Fills("drink", "美式咖啡")), ("一杯绿茶", Fills("drink", "绿茶")), ("大杯拿铁", Fills("size", "大杯")), ("有什么好喝的", Means("ask_advice"))]
            1: [("大杯", Fills("size", "大杯")), ("小的", Fills("size", "小杯")), ("都可以", Means("any_size"))]
            2: [("不要糖", Fills("extra", "不加糖")), ("加冰", Fills("extra", "加冰")), ("不用", Means("plain")), ("不要冰", Fills("extra", "去冰"))]
            3: [("不用了", Means("nothing")), ("蛋糕", Fills("snack", "芝士蛋糕")), ("有什么吃的", Means("ask_advice")), ("不饿", Means("nothing"))]
            4: [("带走", Fills("where", "打包")), ("在这里喝", Fills("where", "在这儿喝"))]
            5: [("微信付", Fills("payment", "微信支付")), ("现金", Fills("payment", "现金"))]
        }
        Japanese {
            0: [("コーヒーをください", Fills("drink", "ブレンドコーヒー")), ("アイスコーヒー", Fills("drink", "アイスコーヒー")), ("おすすめは？", Means("ask_advice"))]
            1: [("大きいサイズ", Fills("size", "大きいサイズ")), ("どちらでもいいです", Means("any_size"))]
            2: [("砂糖はいりません", Fills("extra", "お砂糖なし")), ("ブラックで", Means("plain")), ("ミルクをお願いします", Fills("extra", "ミルク入り")), ("いいえ", Means("plain"))]
            3: [("いいえ、結構です", Means("nothing")), ("ケーキをください", Fills("snack", "チーズケーキ")), ("ケーキはいりません", Means("nothing"))]
            4: [("持ち帰りです", Fills("where", "お持ち帰り")), ("ここで食べます", Fills("where", "店内"))]
            5: [("カードで払います", Fills("payment", "カード")), ("現金です", Fills("payment", "現金"))]
        }
    );
}

#[test]
fn what_callers_say_to_a_pousada_a_hotel_and_an_inn_is_understood() {
    understood!("hotel_reservation":
        Portuguese {
            0: [("um quarto por favor", Means("book")), ("quero cancelar", Means("change")), ("um quarto de casal para três noites", Fills("nights", "três noites"))]
            1: [("segunda", Fills("arrival", "na segunda-feira")), ("amanhã", Fills("arrival", "amanhã")), ("dia doze de maio", Means("arrival")), ("não no sábado", Refuses)]
            2: [("duas", Fills("count", "duas noites")), ("3 noites", Fills("nights", "três noites"))]
            3: [("casal", Fills("room", "um quarto de casal")), ("quanto custa?", Means("ask_price"))]
            4: [("estacionamento", Fills("amenity", "uma vaga no estacionamento")), ("não", Means("none")), ("tem wifi?", Means("ask_amenities"))]
            5: [("sim", Means("breakfast")), ("não", Means("without")), ("sem café da manhã", Means("without")), ("meia pensão", Means("half_board"))]
            6: [("meu nome é Costa", Fills("name", "Costa")), ("Costa", Means("any"))]
            7: [("sim", Means("confirm")), ("não", Means("fix")), ("está certo", Means("confirm")), ("não está certo", Means("fix")), ("quatro noites", Fills("nights", "quatro noites"))]
        }
        Chinese {
            0: [("我要一个房间", Means("book")), ("我想取消", Means("change")), ("我要一间双床房", Fills("room", "双床房"))]
            1: [("周一", Fills("arrival", "星期一")), ("明天", Fills("arrival", "明天")), ("5月3号", Means("arrival"))]
            2: [("两天", Fills("nights", "两晚")), ("三晚", Fills("nights", "三晚")), ("2晚", Fills("nights", "两晚"))]
            3: [("大床房", Fills("room", "大床房")), ("多少钱", Means("ask_price"))]
            4: [("停车位", Fills("amenity", "停车位")), ("没有", Means("none")), ("有无线网吗", Means("ask_amenities"))]
            5: [("要", Means("breakfast")), ("不要", Means("without")), ("不用了", Means("without")), ("晚饭也要", Means("half_board"))]
            6: [("我叫大卫", Fills("name", "大卫")), ("大卫", Fills("name", "大卫")), ("我姓刘", Fills("name", "刘"))]
            7: [("是的", Means("confirm")), ("不对", Means("fix")), ("好的", Means("confirm")), ("四晚", Fills("nights", "四晚"))]
        }
        Japanese {
            0: [("部屋をお願いします", Means("book")), ("キャンセルしたいです", Means("change")), ("和室を三泊お願いします", Fills("nights", "三泊"))]
            1: [("月曜日", Fills("arrival", "月曜日")), ("明日です", Fills("arrival", "明日")), ("5月3日です", Means("arrival"))]
            2: [("二泊お願いします", Fills("nights", "二泊")), ("2泊", Fills("nights", "二泊")), ("一週間", Fills("nights", "一週間"))]
            3: [("ツイン", Fills("room", "ツイン")), ("いくらですか", Means("ask_price"))]
            4: [("駐車場をお願いします", Fills("amenity", "駐車場")), ("特にありません", Means("none")), ("プールはありますか", Means("ask_amenities"))]
            5: [("はい", Means("breakfast")), ("いいえ", Means("without")), ("朝食はいりません", Means("without")), ("夕食もお願いします", Means("half_board"))]
            6: [("名前はスミスです", Fills("name", "スミス")), ("鈴木です", Fills("name", "鈴木")), ("私はスミスと申します", Fills("name", "スミス"))]
            7: [("はい", Means("confirm")), ("いいえ", Means("fix")), ("大丈夫です", Means("confirm")), ("違います", Means("fix")), ("四泊にします", Fills("nights", "四泊"))]
        }
    );
}
