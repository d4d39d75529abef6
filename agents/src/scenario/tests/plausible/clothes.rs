//! What people who buy clothes may well say.

use super::*;

#[test]
fn what_customers_say_in_the_clothes_shop_is_understood() {
    understood!("clothes_shopping":
        French {
            0: [("un pull", Fills("garment", "un pull")), ("je cherche une veste noire", Fills("colour", "en noir")), ("non merci", Means("browsing")), ("je regarde", Means("browsing")), ("un cadeau", Means("gift")), ("c'est les soldes ?", Means("ask_sales"))]
            1: [("38", Fills("size", "du trente-huit")), ("du M", Fills("size", "une taille M")), ("quarante-deux", Fills("size", "du quarante-deux")), ("je ne sais pas trop", Means("unknown")), ("ça taille petit ?", Means("ask_sizing"))]
            2: [("bleu", Fills("colour", "en bleu")), ("une verte", Fills("colour", "en vert")), ("peu importe", Means("any")), ("pas en noir", Refuses), ("pas en noir, plutôt en rouge", Fills("colour", "en rouge")), ("quelles couleurs vous avez ?", Means("ask_colours"))]
            3: [("oui", Means("try_on")), ("je voudrais essayer", Means("try_on")), ("non merci", Means("no_try")), ("c'est un cadeau", Means("no_try")), ("c'est du coton ?", Means("ask_material"))]
            4: [("oui", Means("fits")), ("non, c'est trop petit", Means("too_small")), ("c'est trop grand", Means("too_big")), ("il me va bien", Means("fits")), ("ça ne me va pas", Means("dislikes")), ("je n'aime pas", Means("dislikes")), ("vous en pensez quoi ?", Means("ask_opinion"))]
            5: [("oui", Means("take")), ("je le prends", Means("take")), ("c'est trop cher", Means("too_dear")), ("non merci", Means("leave")), ("je vais réfléchir", Means("leave")), ("je peux le rendre ?", Means("ask_return"))]
            6: [("carte", Fills("payment", "par carte")), ("en espèces", Fills("payment", "en espèces")), ("je paie avec mon téléphone", Fills("payment", "avec le téléphone")), ("un paquet cadeau s'il vous plaît", Means("gift_wrap"))]
            7: [("oui", Means("join")), ("non", Means("decline")), ("je m'appelle Nadia", Fills("name", "Nadia")), ("c'est gratuit ?", Means("ask_free")), ("oui, au nom de Petit", Fills("name", "Petit"))]
        }
        English {
            0: [("a jumper", Fills("garment", "a jumper")), ("I want a black dress", Fills("colour", "in black")), ("no thanks", Means("browsing")), ("just looking", Means("browsing")), ("a present", Means("gift")), ("is there a sale?", Means("ask_sales"))]
            1: [("10", Fills("size", "a size ten")), ("medium", Fills("size", "a medium")), ("extra large", Fills("size", "an extra large")), ("I don't know my size", Means("unknown")), ("are they true to size?", Means("ask_sizing"))]
            2: [("red", Fills("colour", "in red")), ("navy blue", Fills("colour", "in blue")), ("I don't mind", Means("any")), ("not black", Refuses), ("not black but blue", Fills("colour", "in blue")), ("what colours do you have", Means("ask_colours"))]
            3: [("yes please", Means("try_on")), ("can I try it", Means("try_on")), ("no thanks", Means("no_try")), ("I don't need to try it on", Means("no_try")), ("is it cotton?", Means("ask_material"))]
            4: [("yes", Means("fits")), ("no, it's too small", Means("too_small")), ("too big", Means("too_big")), ("it fits well", Means("fits")), ("it doesn't suit me", Means("dislikes")), ("I don't like it", Means("dislikes")), ("what do you think?", Means("ask_opinion"))]
            5: [("yes", Means("take")), ("I'll take it", Means("take")), ("that's too expensive", Means("too_dear")), ("no thanks", Means("leave")), ("I'll think about it", Means("leave")), ("can I get a refund?", Means("ask_return"))]
            6: [("card", Fills("payment", "by card")), ("cash", Fills("payment", "in cash")), ("with my phone", Fills("payment", "by phone")), ("a gift receipt please", Means("gift_wrap"))]
            7: [("yes", Means("join")), ("no", Means("decline")), ("my name is Nadia", Fills("name", "Nadia")), ("is it free?", Means("ask_free"))]
        }
        Spanish {
            0: [("una camisa", Fills("garment", "una camisa")), ("busco una chaqueta negra", Fills("colour", "en negro")), ("no, gracias", Means("browsing")), ("solo miro, estoy mirando", Means("browsing")), ("un regalo", Means("gift")), ("¿hay rebajas?", Means("ask_sales"))]
            1: [("la 40", Fills("size", "la cuarenta")), ("mediana", Fills("size", "la talla mediana")), ("cuarenta y dos", Fills("size", "la cuarenta y dos")), ("no sé mi talla", Means("unknown")), ("¿tallan grande?", Means("ask_sizing"))]
            2: [("azul", Fills("colour", "en azul")), ("una roja", Fills("colour", "en rojo")), ("me da igual", Means("any")), ("negro no", Refuses), ("no, en negro no, mejor en blanco", Fills("colour", "en blanco")), ("¿qué colores tienen?", Means("ask_colours"))]
            3: [("sí", Means("try_on")), ("quiero probármelo", Means("try_on")), ("no, gracias", Means("no_try")), ("no tengo tiempo", Means("no_try")), ("¿es algodón?", Means("ask_material"))]
            4: [("sí", Means("fits")), ("es pequeño", Means("too_small")), ("me está grande", Means("too_big")), ("me queda bien", Means("fits")), ("no me gusta", Means("dislikes")), ("no me queda bien", Means("dislikes")), ("¿qué le parece?", Means("ask_opinion"))]
            5: [("sí", Means("take")), ("me la llevo", Means("take")), ("es muy caro", Means("too_dear")), ("no, gracias", Means("leave")), ("tengo que pensarlo", Means("leave")), ("¿lo puedo devolver?", Means("ask_return"))]
            6: [("tarjeta", Fills("payment", "con tarjeta")), ("en efectivo", Fills("payment", "en efectivo")), ("con el móvil", Fills("payment", "con el móvil")), ("es para regalo", Means("gift_wrap"))]
            7: [("sí", Means("join")), ("no", Means("decline")), ("me llamo Nadia", Fills("name", "Nadia")), ("¿es gratis?", Means("ask_free"))]
        }
        German {
            0: [("einen Pulli", Fills("garment", "einen Pullover")), ("ich suche eine schwarze Jacke", Fills("colour", "in Schwarz")), ("nein danke", Means("browsing")), ("ich gucke nur", Means("browsing")), ("ein Geschenk", Means("gift")), ("gibt es Angebote?", Means("ask_sales"))]
            1: [("38", Fills("size", "Größe achtunddreißig")), ("Größe M", Fills("size", "Größe M")), ("zweiundvierzig", Fills("size", "Größe zweiundvierzig")), ("ich weiß es nicht", Means("unknown")), ("fällt das groß aus?", Means("ask_sizing"))]
            2: [("blau", Fills("colour", "in Blau")), ("ein rotes", Fills("colour", "in Rot")), ("egal", Means("any")), ("nicht schwarz", Refuses), ("nicht schwarz, lieber grün", Fills("colour", "in Grün")), ("welche Farben haben Sie?", Means("ask_colours"))]
            3: [("ja gern", Means("try_on")), ("ich möchte es anprobieren", Means("try_on")), ("nein danke", Means("no_try")), ("ich habe keine Zeit", Means("no_try")), ("ist das Baumwolle?", Means("ask_material"))]
            4: [("ja", Means("fits")), ("nein, zu klein", Means("too_small")), ("es ist zu groß", Means("too_big")), ("es passt gut", Means("fits")), ("es passt nicht", Means("dislikes")), ("es gefällt mir nicht", Means("dislikes")), ("was meinen Sie?", Means("ask_opinion"))]
            5: [("ja", Means("take")), ("ich nehme die Jacke", Means("take")), ("das ist zu teuer", Means("too_dear")), ("nein danke", Means("leave")), ("ich überlege es mir", Means("leave")), ("kann ich das zurückgeben?", Means("ask_return"))]
            6: [("mit Karte", Fills("payment", "mit Karte")), ("bar", Fills("payment", "in bar")), ("mit dem Handy", Fills("payment", "mit dem Handy")), ("bitte als Geschenk", Means("gift_wrap"))]
            7: [("ja", Means("join")), ("nein danke", Means("decline")), ("ich heiße Nadia", Fills("name", "Nadia")), ("was kostet das?", Means("ask_free"))]
        }
        Italian {
            0: [("una giacca", Fills("garment", "una giacca")), ("vorrei un vestito nero", Fills("colour", "in nero")), ("no grazie", Means("browsing")), ("sto guardando", Means("browsing")), ("un regalo", Means("gift")), ("ci sono i saldi?", Means("ask_sales"))]
            1: [("la 42", Fills("size", "la quarantadue")), ("media", Fills("size", "la taglia media")), ("quarantaquattro", Fills("size", "la quarantaquattro")), ("non so la mia taglia", Means("unknown")), ("vestono largo?", Means("ask_sizing"))]
            2: [("blu", Fills("colour", "in blu")), ("una rossa", Fills("colour", "in rosso")), ("è uguale", Means("any")), ("non in nero", Refuses), ("non in nero, meglio in verde", Fills("colour", "in verde")), ("che colori avete?", Means("ask_colours"))]
            3: [("sì", Means("try_on")), ("vorrei provarlo", Means("try_on")), ("no grazie", Means("no_try")), ("non ho tempo", Means("no_try")), ("è cotone?", Means("ask_material"))]
            4: [("sì", Means("fits")), ("no, è piccolo", Means("too_small")), ("troppo grande", Means("too_big")), ("mi sta bene", Means("fits")), ("non mi piace", Means("dislikes")), ("non mi sta bene", Means("dislikes")), ("che ne pensa?", Means("ask_opinion"))]
            5: [("sì", Means("take")), ("la prendo", Means("take")), ("è troppo caro", Means("too_dear")), ("no grazie", Means("leave")), ("ci penso", Means("leave")), ("si può cambiare?", Means("ask_return"))]
            6: [("carta", Fills("payment", "con la carta")), ("in contanti", Fills("payment", "in contanti")), ("con il telefono", Fills("payment", "con il telefono")), ("un pacchetto regalo", Means("gift_wrap"))]
            7: [("sì", Means("join")), ("no", Means("decline")), ("mi chiamo Nadia", Fills("name", "Nadia")), ("è gratis?", Means("ask_free"))]
        }
    );
}
