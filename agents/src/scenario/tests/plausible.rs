//! What learners may well say in each step besides the listed answers, typed as it comes.

use super::*;
use crate::scenario::meaning::understand;

/// What an answer of a step is expected to do.
enum Does {
    /// It gives a slot this value.
    Fills(&'static str, &'static str),
    /// It means this intent.
    Means(&'static str),
    /// It is refused: nothing is filled, and the step asks again.
    Refuses,
}

use Does::{Fills, Means, Refuses};

fn assert_understood(topic: &str, language: Language, step: usize, answers: &[(&str, Does)]) -> Vec<String> {
    let script = script(topic, language);
    let before = Progress {
        step,
        ..Progress::default()
    };
    let (asked, turn) = script.turn(&before).expect("a step");
    let mut faults = Vec::new();
    for (text, does) in answers {
        let (meaning, _) = understand(asked, turn, &script.slot_table(), &typed(text));
        let (reply, after) = script.respond(&before, &typed(text));
        let is_right = match does {
            Fills(slot, value) => {
                let goes_on = matches!(&meaning, Meaning::Intent(_));
                goes_on && after.slots.get(*slot).is_some_and(|filled| filled == value)
            }
            Means(intent) => meaning == Meaning::Intent((*intent).to_owned()),
            Refuses => meaning == Meaning::Refused && after.slots.is_empty() && after.step == step,
        };
        if !is_right {
            faults.push(format!(
                "{topic} {language} {step}: {text:?} is {meaning:?}, {:?}: {}",
                after.slots, reply.text
            ));
        }
    }
    faults
}

macro_rules! understood {
    ($topic:literal: $($language:ident { $($step:literal: [$($answer:expr),* $(,)?])* })*) => {{
        let mut faults: Vec<String> = Vec::new();
        $($(faults.extend(assert_understood($topic, Language::$language, $step, &[$($answer),*]));)*)*
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }};
}

mod apartment;
mod business;
mod clothes;
mod commonest;
mod directions;
mod doctor;
mod people;
mod train;
mod travel;

#[test]
fn what_guests_of_a_restaurant_say_is_understood() {
    understood!("restaurant":
        French {
            0: [
                ("pour deux", Fills("party", "deux personnes")), ("juste moi", Fills("party", "une personne")),
                ("on est cinq", Fills("party", "cinq personnes")), ("trois", Fills("party", "trois personnes")),
                ("je n'ai pas de réservation", Means("no_reservation")), ("j'ai réservé", Means("reservation")),
                ("Oui, au nom de Petit", Fills("name", "Petit")), ("nous sommes six adultes", Fills("party", "six personnes")),
            ]
            1: [
                ("dedans", Fills("place", "à l'intérieur")), ("à l'intérieur", Fills("place", "à l'intérieur")),
                ("en salle", Fills("place", "à l'intérieur")), ("en terrasse", Fills("place", "en terrasse")),
                ("dehors", Fills("place", "en terrasse")), ("près de la fenêtre", Fills("place", "près de la fenêtre")),
                ("au bar", Fills("place", "au bar")), ("n'importe où", Means("anywhere")),
                ("pas de préférence", Means("anywhere")), ("peu importe", Means("anywhere")),
                ("pas en terrasse", Refuses), ("pas en terrasse, plutôt dedans", Fills("place", "à l'intérieur")),
                ("pas en terrasse mais à l'intérieur", Fills("place", "à l'intérieur")),
                ("pourquoi pas en terrasse", Fills("place", "en terrasse")),
            ]
            2: [
                ("du vin", Fills("drink", "un verre de vin")), ("un coca", Fills("drink", "un coca")),
                ("de l'eau", Fills("drink", "une carafe d'eau")), ("de l'eau plate", Fills("drink", "une carafe d'eau")),
                ("de l'eau gazeuse", Fills("drink", "une eau gazeuse")), ("rien merci", Means("nothing")),
                ("c'est tout", Means("nothing")), ("du vin rouge", Fills("drink", "un verre de vin rouge")),
                ("non merci", Means("nothing")), ("je n'ai pas soif", Means("nothing")),
                ("pas de vin, de l'eau", Fills("drink", "une carafe d'eau")), ("la carte des vins", Means("ask_advice")),
            ]
            3: [
                ("je ne suis pas végétarien", Means("none")), ("je suis végétarienne", Fills("diet", "sans viande")),
                ("non", Means("none")), ("rien", Means("none")), ("pas d'allergies", Means("none")),
                ("je ne suis pas allergique aux noix", Means("none")), ("pas de poisson", Fills("diet", "sans poisson")),
                ("je mange de tout", Means("none")), ("je ne mange pas de porc", Fills("diet", "sans porc")),
                ("je suis allergique aux œufs", Fills("diet", "sans œufs")),
                ("je ne suis pas végétarien mais je ne supporte pas le lactose", Fills("diet", "sans lactose")),
            ]
            4: [
                ("la salade", Fills("dish", "la salade niçoise")), ("du poisson", Fills("dish", "le saumon grillé")),
                ("un steak", Fills("dish", "le steak frites")), ("la quiche s'il vous plaît", Fills("dish", "la quiche lorraine")),
                ("le plat du jour", Fills("dish", "le plat du jour")), ("qu'est-ce que vous avez ?", Means("ask_advice")),
                ("qu'est-ce qui est bon ?", Means("ask_advice")), ("une soupe", Fills("dish", "la soupe à l'oignon")),
                ("pas le saumon, la quiche", Fills("dish", "la quiche lorraine")), ("pas de saumon", Refuses),
            ]
            5: [
                ("l'addition", Means("full")), ("c'est tout", Means("full")), ("non merci", Means("full")),
                ("rien merci", Means("full")), ("un café", Fills("dessert", "un café")), ("oui", Means("yes")),
                ("volontiers", Means("yes")), ("une glace", Fills("dessert", "la glace à la vanille")),
                ("un thé", Fills("dessert", "un thé")), ("la carte des desserts", Means("ask_advice")),
                ("pas de dessert", Means("full")),
            ]
            6: [
                ("par carte", Fills("payment", "par carte")), ("en espèces", Fills("payment", "en espèces")),
                ("carte bancaire", Fills("payment", "par carte")), ("en liquide", Fills("payment", "en espèces")),
                ("avec mon téléphone", Fills("payment", "avec le téléphone")), ("séparément", Means("split")),
                ("tout ensemble", Means("pay")), ("gardez la monnaie", Means("keep")),
                ("sans contact", Fills("payment", "par carte")), ("pas par carte, en espèces", Fills("payment", "en espèces")),
            ]
        }
        English {
            0: [
                ("two", Fills("party", "two people")), ("just me", Fills("party", "one person")), ("we are three", Fills("party", "three people")),
                ("we don't have a reservation", Means("no_reservation")), ("no reservation", Means("no_reservation")),
                ("I have a booking", Means("reservation")), ("five of us", Fills("party", "five people")),
                ("table for four", Fills("party", "four people")),
            ]
            1: [
                ("inside", Fills("place", "inside")), ("outside", Fills("place", "in the garden")), ("indoors please", Fills("place", "inside")),
                ("a quiet table", Fills("place", "in a quiet corner")), ("whatever", Means("anywhere")),
                ("I don't mind", Means("anywhere")), ("it doesn't matter", Means("anywhere")), ("not outside", Refuses),
                ("not outside but by the window", Fills("place", "by the window")), ("you choose", Means("anywhere")),
            ]
            2: [
                ("water", Fills("drink", "a jug of tap water")), ("some wine", Fills("drink", "a glass of wine")), ("a beer", Fills("drink", "a pint of lager")),
                ("a coke please", Fills("drink", "a coke")), ("nothing, thanks", Means("nothing")), ("that's all", Means("nothing")),
                ("red wine", Fills("drink", "a glass of red wine")), ("no thanks", Means("nothing")),
                ("sparkling water", Fills("drink", "a sparkling water")), ("the wine list", Means("ask_advice")),
                ("I'm not thirsty", Means("nothing")),
            ]
            3: [
                ("I'm not a vegetarian", Means("none")), ("nothing", Means("none")), ("no", Means("none")), ("no allergies", Means("none")),
                ("I'm not allergic to nuts", Means("none")), ("I don't eat fish", Fills("diet", "no fish")), ("no pork", Fills("diet", "no pork")),
                ("I eat everything", Means("none")), ("nuts", Fills("diet", "no nuts")), ("I am vegan", Fills("diet", "nothing from animals")),
            ]
            4: [
                ("the chicken", Fills("dish", "the roast chicken")), ("soup", Fills("dish", "the tomato soup")), ("a burger", Fills("dish", "the cheeseburger")),
                ("fish and chips", Fills("dish", "the fish and chips")), ("what's good?", Means("ask_advice")), ("the risotto", Fills("dish", "the mushroom risotto")),
                ("what do you have?", Means("ask_advice")), ("today's special", Fills("dish", "the special")),
                ("no fish, the chicken", Fills("dish", "the roast chicken")),
            ]
            5: [
                ("the bill please", Means("full")), ("I'm full", Means("full")), ("that's all", Means("full")), ("no thanks", Means("full")),
                ("a coffee", Fills("dessert", "an espresso")), ("yes please", Means("yes")), ("ice cream", Fills("dessert", "the vanilla ice cream")),
                ("I'm not hungry", Means("full")), ("cheesecake", Fills("dessert", "the cheesecake")), ("nothing for me", Means("full")),
            ]
            6: [
                ("card", Fills("payment", "by card")), ("cash", Fills("payment", "in cash")), ("with my phone", Fills("payment", "by phone")), ("separately", Means("split")),
                ("all together", Means("pay")), ("it's on me", Means("pay")), ("contactless", Fills("payment", "by card")), ("keep the change", Means("keep")),
            ]
        }
        Spanish {
            0: [
                ("dos", Fills("party", "dos personas")), ("solo yo", Fills("party", "una persona")), ("somos cinco", Fills("party", "cinco personas")),
                ("no tengo reserva", Means("no_reservation")), ("tengo una reserva", Means("reservation")),
                ("una mesa para tres", Fills("party", "tres personas")), ("para cuatro", Fills("party", "cuatro personas")),
            ]
            1: [
                ("dentro", Fills("place", "dentro")), ("fuera", Fills("place", "en la terraza")), ("en el interior", Fills("place", "dentro")),
                ("en la barra", Fills("place", "en la barra")), ("me da igual", Means("anywhere")), ("no importa", Means("anywhere")),
                ("no en la terraza", Refuses), ("en la terraza no, mejor dentro", Fills("place", "dentro")),
            ]
            2: [
                ("vino", Fills("drink", "una copa de vino")), ("no quiero vino", Means("nothing")), ("una coca cola", Fills("drink", "una Coca-Cola")),
                ("agua con gas", Fills("drink", "un agua con gas")), ("agua", Fills("drink", "una botella de agua")), ("nada más", Means("nothing")),
                ("nada", Means("nothing")), ("una cerveza", Fills("drink", "una caña")), ("vino tinto", Fills("drink", "una copa de vino tinto")),
                ("no quiero vino, quiero agua", Fills("drink", "una botella de agua")), ("eso es todo", Means("nothing")),
            ]
            3: [
                ("no soy vegetariano", Means("none")), ("soy vegetariana", Fills("diet", "sin carne")), ("no", Means("none")), ("nada", Means("none")),
                ("no tengo alergia a los frutos secos", Means("none")), ("no como pescado", Fills("diet", "sin pescado")),
                ("no como cerdo", Fills("diet", "sin cerdo")), ("no tengo alergias", Means("none")), ("como de todo", Means("none")),
            ]
            4: [
                ("la paella", Fills("dish", "la paella")), ("pescado", Fills("dish", "la merluza a la plancha")), ("tortilla", Fills("dish", "la tortilla española")),
                ("el menú del día", Fills("dish", "el plato del día")), ("¿qué tienen?", Means("ask_advice")), ("croquetas", Fills("dish", "las croquetas de jamón")),
                ("no quiero paella", Refuses),
            ]
            5: [
                ("la cuenta", Means("full")), ("nada más", Means("full")), ("no gracias", Means("full")), ("un café", Fills("dessert", "un café solo")),
                ("sí", Means("yes")), ("claro", Means("yes")), ("un helado", Fills("dessert", "el helado de chocolate")), ("tarta", Fills("dessert", "la tarta de queso")),
                ("no quiero tarta", Means("full")),
            ]
            6: [
                ("tarjeta", Fills("payment", "con tarjeta")), ("en efectivo", Fills("payment", "en efectivo")), ("con el teléfono", Fills("payment", "con el móvil")),
                ("todo junto", Means("pay")), ("por separado", Means("split")), ("quédese con la vuelta", Means("keep")),
            ]
        }
        German {
            0: [
                ("zwei", Fills("party", "zwei Personen")), ("nur ich", Fills("party", "eine Person")), ("wir sind fünf", Fills("party", "fünf Personen")),
                ("ich habe nicht reserviert", Means("no_reservation")), ("wir haben reserviert", Means("reservation")),
                ("für drei", Fills("party", "drei Personen")), ("keine Reservierung", Means("no_reservation")),
            ]
            1: [
                ("drinnen", Fills("place", "drinnen")), ("draußen", Fills("place", "auf der Terrasse")), ("am Fenster", Fills("place", "am Fenster")),
                ("im Garten", Fills("place", "auf der Terrasse")), ("egal", Means("anywhere")), ("nicht draußen", Refuses),
                ("nicht draußen, lieber drinnen", Fills("place", "drinnen")), ("draußen nicht", Refuses), ("an der Bar", Fills("place", "an der Bar")),
            ]
            2: [
                ("Wein", Fills("drink", "ein Glas Wein")), ("eine Cola", Fills("drink", "eine Cola")), ("ein stilles Wasser", Fills("drink", "ein Mineralwasser")),
                ("nichts", Means("nothing")), ("das ist alles", Means("nothing")), ("ein Bier", Fills("drink", "ein Pils")), ("nein danke", Means("nothing")),
                ("kein Bier, ein Wasser", Fills("drink", "ein Mineralwasser")), ("Tee bitte", Fills("drink", "einen Tee")), ("ich habe keinen Durst", Means("nothing")),
            ]
            3: [
                ("ich bin kein Vegetarier", Means("none")), ("kein Fleisch", Fills("diet", "ohne Fleisch")), ("nein", Means("none")),
                ("ich bin nicht allergisch gegen Nüsse", Means("none")), ("Fisch esse ich nicht", Fills("diet", "ohne Fisch")),
                ("kein Schweinefleisch", Fills("diet", "ohne Schweinefleisch")), ("keine Allergien", Means("none")), ("ich esse alles", Means("none")),
                ("Vegetarier bin ich nicht", Means("none")),
            ]
            4: [
                ("das Schnitzel", Fills("dish", "das Wiener Schnitzel")), ("Fisch", Fills("dish", "die Forelle")), ("einen Salat", Fills("dish", "den großen Salat")),
                ("eine Suppe", Fills("dish", "die Kürbissuppe")), ("was haben Sie?", Means("ask_advice")), ("kein Fleisch", Means("ask_advice")),
            ]
            5: [
                ("die Rechnung", Means("full")), ("ich bin satt", Means("full")), ("nein danke", Means("full")), ("einen Kaffee", Fills("dessert", "einen Espresso")),
                ("ja gerne", Means("yes")), ("das ist alles", Means("full")), ("zahlen bitte", Means("full")), ("ein Eis", Fills("dessert", "das Vanilleeis")),
                ("keinen Kuchen", Means("full")),
            ]
            6: [
                ("mit Karte", Fills("payment", "mit Karte")), ("bar", Fills("payment", "bar")), ("mit dem Handy", Fills("payment", "mit dem Handy")), ("zusammen", Means("pay")),
                ("getrennt", Means("split")), ("stimmt so", Means("keep")),
            ]
        }
        Italian {
            0: [
                ("due", Fills("party", "due persone")), ("solo io", Fills("party", "una persona")), ("siamo in cinque", Fills("party", "cinque persone")),
                ("non ho prenotato", Means("no_reservation")), ("ho prenotato", Means("reservation")), ("per tre", Fills("party", "tre persone")),
            ]
            1: [
                ("all'interno", Fills("place", "dentro")), ("dentro", Fills("place", "dentro")), ("fuori", Fills("place", "all'aperto")), ("al bancone", Fills("place", "al bancone")),
                ("è lo stesso", Means("anywhere")), ("non importa", Means("anywhere")), ("non fuori", Refuses), ("non fuori ma dentro", Fills("place", "dentro")),
            ]
            2: [
                ("un succo", Fills("drink", "un succo di frutta")), ("solo un'acqua", Fills("drink", "una bottiglia d'acqua naturale")), ("del vino", Fills("drink", "un bicchiere di vino")),
                ("una coca", Fills("drink", "una Coca-Cola")), ("acqua frizzante", Fills("drink", "un'acqua frizzante")), ("niente", Means("nothing")), ("basta così", Means("nothing")),
                ("una birra", Fills("drink", "una birra alla spina")), ("non voglio vino, prendo acqua", Fills("drink", "una bottiglia d'acqua naturale")), ("no grazie", Means("nothing")),
            ]
            3: [
                ("non sono vegetariano", Means("none")), ("sono vegetariana", Fills("diet", "senza carne")), ("no", Means("none")), ("niente", Means("none")),
                ("non sono allergico alle noci", Means("none")), ("non mangio pesce", Fills("diet", "senza pesce")), ("mangio tutto", Means("none")), ("nessuna allergia", Means("none")),
            ]
            4: [
                ("la carbonara", Fills("dish", "gli spaghetti alla carbonara")), ("un'insalata", Fills("dish", "l'insalata mista")), ("i carciofi", Fills("dish", "i carciofi alla giudia")),
                ("il piatto del giorno", Fills("dish", "il piatto del giorno")), ("cosa avete?", Means("ask_advice")), ("non la carbonara", Refuses),
            ]
            5: [
                ("il conto", Means("full")), ("sono pieno", Means("full")), ("no grazie", Means("full")), ("un caffè", Fills("dessert", "un caffè")), ("sì grazie", Means("yes")),
                ("volentieri", Means("yes")), ("basta così", Means("full")), ("un gelato", Fills("dessert", "il gelato al pistacchio")), ("non voglio il gelato", Means("full")),
            ]
            6: [
                ("carta", Fills("payment", "con la carta")), ("in contanti", Fills("payment", "in contanti")), ("tutto insieme", Means("pay")), ("separati", Means("split")),
                ("con il telefono", Fills("payment", "con il telefono")),
            ]
        }
    );
}

#[test]
fn what_guests_of_a_coffee_shop_say_is_understood() {
    understood!("coffee_shop":
        French {
            0: [
                ("un café", Fills("drink", "un expresso")), ("un expresso", Fills("drink", "un expresso")), ("un thé", Fills("drink", "un thé")),
                ("juste de l'eau", Fills("drink", "un verre d'eau")), ("un coca", Fills("drink", "un coca")), ("un jus d'orange", Fills("drink", "un jus d'orange")),
                ("un déca", Fills("drink", "un décaféiné")), ("pas de café, un thé", Fills("drink", "un thé")), ("un chocolat", Fills("drink", "un chocolat chaud")),
            ]
            1: [("petit", Fills("size", "petit")), ("un moyen", Fills("size", "moyen")), ("normal", Fills("size", "moyen")), ("peu importe", Means("any_size")), ("pas trop grand", Refuses)]
            2: [
                ("sans sucre", Fills("extra", "sans sucre")), ("avec du sucre", Fills("extra", "avec du sucre")), ("du lait", Fills("extra", "avec un peu de lait")), ("avec du lait", Means("extra")),
                ("rien merci", Means("plain")), ("nature", Fills("extra", "sans sucre")), ("non merci", Means("plain")), ("sans lait", Fills("extra", "sans lait")), ("c'est tout", Means("plain")),
                ("lait d'avoine", Fills("extra", "avec du lait d'avoine")),
            ]
            3: [
                ("un croissant", Fills("snack", "un croissant")), ("rien merci", Means("nothing")), ("c'est tout", Means("nothing")), ("non", Means("nothing")),
                ("un gâteau", Fills("snack", "un gâteau au chocolat")), ("je n'ai pas faim", Means("nothing")), ("pas de croissant", Means("nothing")), ("un sandwich", Fills("snack", "un sandwich au fromage")),
            ]
            4: [("sur place", Fills("where", "sur place")), ("à emporter", Fills("where", "à emporter")), ("ici", Fills("where", "sur place")), ("dedans", Fills("where", "sur place")), ("à l'intérieur", Fills("where", "sur place"))]
            5: [("par carte", Fills("payment", "par carte")), ("en espèces", Fills("payment", "en espèces")), ("en liquide", Fills("payment", "en espèces")), ("sans contact", Fills("payment", "par carte"))]
        }
        English {
            0: [
                ("an espresso", Fills("drink", "an espresso")), ("a coffee", Fills("drink", "a black coffee")), ("tea", Fills("drink", "a pot of tea")), ("just water", Fills("drink", "a glass of water")),
                ("a coke", Fills("drink", "a coke")), ("orange juice", Fills("drink", "an orange juice")), ("no coffee, a tea", Fills("drink", "a pot of tea")),
            ]
            1: [("small", Fills("size", "small")), ("medium", Fills("size", "regular")), ("a big one", Fills("size", "large")), ("whatever", Means("any_size")), ("I don't mind", Means("any_size"))]
            2: [
                ("no sugar", Fills("extra", "without sugar")), ("milk", Means("extra")), ("with milk please", Means("extra")), ("black", Means("plain")), ("nothing", Means("plain")), ("no thanks", Means("plain")),
                ("oat milk", Fills("extra", "with oat milk")), ("no milk", Fills("extra", "without milk")), ("two sugars", Fills("extra", "with sugar")),
            ]
            3: [
                ("a croissant", Fills("snack", "a croissant")), ("I'm not hungry", Means("nothing")), ("that's it", Means("nothing")), ("nothing else", Means("nothing")), ("no", Means("nothing")),
                ("a cookie", Fills("snack", "some biscuits")), ("cake", Fills("snack", "a slice of carrot cake")), ("no cake", Means("nothing")),
            ]
            4: [("here", Fills("where", "to have in")), ("to go", Fills("where", "to take away")), ("takeaway", Fills("where", "to take away")), ("for here please", Fills("where", "to have in")), ("inside", Fills("where", "to have in"))]
            5: [("card", Fills("payment", "by card")), ("cash", Fills("payment", "in cash")), ("with my phone", Fills("payment", "by phone"))]
        }
        Spanish {
            0: [
                ("un café", Fills("drink", "un café solo")), ("un té", Fills("drink", "un té")), ("un expreso", Fills("drink", "un café solo")), ("solo agua", Fills("drink", "un vaso de agua")),
                ("un café con leche", Fills("drink", "un café con leche")), ("un descafeinado", Fills("drink", "un descafeinado")), ("una coca cola", Fills("drink", "una Coca-Cola")),
            ]
            1: [("pequeño", Fills("size", "pequeño")), ("grande", Fills("size", "grande")), ("mediano", Fills("size", "mediano")), ("no importa", Means("any_size"))]
            2: [
                ("sin azúcar", Fills("extra", "sin azúcar")), ("con azúcar", Fills("extra", "con azúcar")), ("con leche", Means("extra")), ("nada", Means("plain")), ("nada más", Means("plain")),
                ("leche de avena", Fills("extra", "con leche de avena")), ("sin leche", Fills("extra", "sin leche")), ("no gracias", Means("plain")),
            ]
            3: [
                ("un cruasán", Fills("snack", "un cruasán")), ("nada más", Means("nothing")), ("no tengo hambre", Means("nothing")), ("una tarta", Fills("snack", "un trozo de tarta")), ("no", Means("nothing")),
                ("eso es todo", Means("nothing")), ("churros", Fills("snack", "una ración de churros")),
            ]
            4: [("aquí", Fills("where", "para tomar aquí")), ("para llevar", Fills("where", "para llevar")), ("dentro", Fills("where", "para tomar aquí"))]
            5: [("tarjeta", Fills("payment", "con tarjeta")), ("efectivo", Fills("payment", "en efectivo")), ("con el teléfono", Fills("payment", "con el móvil"))]
        }
        German {
            0: [
                ("einen Kaffee", Fills("drink", "einen Espresso")), ("einen Espresso", Fills("drink", "einen Espresso")), ("ein Wasser", Fills("drink", "ein Glas Wasser")), ("einen Tee", Fills("drink", "einen Kräutertee")),
                ("eine Cola", Fills("drink", "eine Cola")), ("keinen Kaffee, einen Kakao", Fills("drink", "eine heiße Schokolade")), ("einen Cappuccino", Fills("drink", "einen Cappuccino")),
            ]
            1: [("klein", Fills("size", "klein")), ("groß", Fills("size", "groß")), ("normal", Fills("size", "mittel")), ("egal", Means("any_size"))]
            2: [
                ("ohne Zucker", Fills("extra", "ohne Zucker")), ("mit Zucker", Fills("extra", "mit Zucker")), ("mit Milch", Fills("extra", "mit etwas Milch")), ("nichts", Means("plain")), ("schwarz", Means("plain")),
                ("ohne Milch", Fills("extra", "ohne Milch")), ("nein danke", Means("plain")), ("Hafermilch", Fills("extra", "mit Hafermilch")),
            ]
            3: [
                ("ein Croissant", Fills("snack", "ein Kipferl")), ("nichts", Means("nothing")), ("das ist alles", Means("nothing")), ("ich habe keinen Hunger", Means("nothing")), ("ein Stück Kuchen", Fills("snack", "ein Stück Kuchen")),
                ("nein", Means("nothing")), ("keine Torte", Means("nothing")),
            ]
            4: [("zum Mitnehmen", Fills("where", "zum Mitnehmen")), ("zum Hieressen", Fills("where", "zum Hierbleiben")), ("hier", Fills("where", "zum Hierbleiben")), ("zum Hierbleiben", Fills("where", "zum Hierbleiben"))]
            5: [("mit Karte", Fills("payment", "mit Karte")), ("bar", Fills("payment", "bar")), ("mit dem Handy", Fills("payment", "mit dem Handy"))]
        }
        Italian {
            0: [
                ("un caffè", Fills("drink", "un caffè")), ("un espresso", Fills("drink", "un caffè")), ("un succo", Fills("drink", "un succo di frutta")), ("solo un'acqua", Fills("drink", "un bicchiere d'acqua")),
                ("un tè", Fills("drink", "un tè al limone")), ("un decaffeinato", Fills("drink", "un decaffeinato")), ("un cappuccino", Fills("drink", "un cappuccino")),
            ]
            1: [("piccolo", Fills("size", "piccolo")), ("grande", Fills("size", "grande")), ("normale", Fills("size", "medio")), ("non importa", Means("any_size"))]
            2: [
                ("senza zucchero", Fills("extra", "senza zucchero")), ("con lo zucchero", Fills("extra", "con lo zucchero")), ("con latte", Means("extra")), ("niente", Means("plain")), ("va bene così", Means("plain")),
                ("latte d'avena", Fills("extra", "con il latte d'avena")), ("senza latte", Fills("extra", "senza latte")), ("no grazie", Means("plain")),
            ]
            3: [
                ("un cornetto", Fills("snack", "un cornetto")), ("niente", Means("nothing")), ("basta così", Means("nothing")), ("non ho fame", Means("nothing")), ("una brioche", Fills("snack", "un cornetto")), ("no", Means("nothing")),
                ("nient'altro", Means("nothing")),
            ]
            4: [("al banco", Fills("where", "al banco")), ("al tavolo", Fills("where", "al tavolo")), ("da portare via", Fills("where", "da portare via")), ("all'interno", Fills("where", "al tavolo")), ("da asporto", Fills("where", "da portare via"))]
            5: [("con la carta", Fills("payment", "con la carta")), ("in contanti", Fills("payment", "in contanti")), ("con il telefono", Fills("payment", "con il telefono"))]
        }
    );
}
