//! What travellers may well say.

use super::*;

#[test]
fn what_passengers_say_at_the_airport_is_understood() {
    understood!("airport_checkin":
        French {
            0: [("Montréal", Fills("destination", "Montréal")), ("je vais au Japon", Fills("destination", "Tokyo")), ("je vais à Toulouse", Fills("destination", "Toulouse")), ("il y a du retard ?", Means("ask_delay"))]
            1: [("tenez", Means("document")), ("voilà", Means("document")), ("je ne trouve pas mon passeport", Means("searching"))]
            2: [("une valise", Fills("bags", "une valise")), ("deux", Fills("bags", "deux valises")), ("non", Means("hand")), ("pas de valise", Means("hand")), ("j'ai un sac à dos", Means("hand"))]
            3: [("non", Means("none")), ("rien", Means("none")), ("un ordinateur", Fills("item", "un ordinateur")), ("oui", Means("item")), ("pas de liquides", Means("none"))]
            4: [("hublot", Fills("seat", "côté hublot")), ("couloir", Fills("seat", "côté couloir")), ("peu importe", Means("anywhere")), ("pas au fond", Refuses)]
            5: [("non merci", Means("none")), ("un fauteuil roulant pour mon père", Fills("special", "un fauteuil roulant")), ("je suis végétarien", Fills("special", "un repas végétarien"))]
            6: [("non", Means("clear")), ("où est la porte ?", Means("ask_gate")), ("c'est à quelle heure ?", Means("ask_time"))]
        }
        English {
            0: [("Lisbon", Fills("destination", "Lisbon")), ("I'm going to Chicago", Fills("destination", "Chicago")), ("is it delayed?", Means("ask_delay"))]
            1: [("here you go", Means("document")), ("my passport", Means("document")), ("I can't find it", Means("searching"))]
            2: [("one", Fills("bags", "one suitcase")), ("two suitcases", Fills("bags", "two suitcases")), ("no", Means("hand")), ("just a backpack", Means("hand"))]
            3: [("no", Means("none")), ("nothing", Means("none")), ("yes", Means("item")), ("a laptop", Fills("item", "a laptop")), ("no liquids", Means("none"))]
            4: [("window", Fills("seat", "by the window")), ("aisle please", Fills("seat", "on the aisle")), ("it doesn't matter", Means("anywhere")), ("not at the back", Refuses)]
            5: [("no thanks", Means("none")), ("vegetarian", Fills("special", "a vegetarian meal")), ("I can't walk far", Fills("special", "a wheelchair"))]
            6: [("no", Means("clear")), ("where is the gate?", Means("ask_gate")), ("when is boarding?", Means("ask_time"))]
        }
        Spanish {
            0: [("a Roma", Fills("destination", "Roma")), ("voy a Quito", Fills("destination", "Quito"))]
            1: [("aquí tiene", Means("document")), ("no lo encuentro", Means("searching"))]
            2: [("dos maletas", Fills("bags", "dos maletas")), ("no", Means("hand")), ("solo una mochila", Means("hand"))]
            3: [("no", Means("none")), ("nada", Means("none")), ("un portátil", Fills("item", "un portátil")), ("no llevo líquidos", Means("none"))]
            4: [("pasillo", Fills("seat", "junto al pasillo")), ("ventanilla", Fills("seat", "junto a la ventanilla")), ("me da igual", Means("anywhere"))]
            5: [("nada", Means("none")), ("soy vegetariana", Fills("special", "un menú vegetariano"))]
            6: [("no", Means("clear")), ("¿dónde está la puerta?", Means("ask_gate")), ("¿a qué hora?", Means("ask_time"))]
        }
        German {
            0: [("nach Hamburg", Fills("destination", "Hamburg")), ("ich fliege nach Dresden", Fills("destination", "Dresden")), ("nach Hause", Means("destination"))]
            1: [("hier bitte", Means("document")), ("ich finde ihn nicht", Means("searching"))]
            2: [("zwei Koffer", Fills("bags", "zwei Koffer")), ("nein", Means("hand")), ("kein Gepäck", Means("hand")), ("nur einen Rucksack", Means("hand"))]
            3: [("nein", Means("none")), ("nichts", Means("none")), ("einen Laptop", Fills("item", "einen Laptop")), ("ja", Means("item"))]
            4: [("am Gang", Fills("seat", "am Gang")), ("Fensterplatz", Fills("seat", "am Fenster")), ("egal", Means("anywhere")), ("nicht hinten", Refuses)]
            5: [("nein danke", Means("none")), ("ich bin Vegetarierin", Fills("special", "ein vegetarisches Essen"))]
            6: [("nein", Means("clear")), ("wo ist das?", Means("ask_gate")), ("wann geht es los?", Means("ask_time"))]
        }
        Italian {
            0: [("a Londra", Fills("destination", "Londra")), ("vado a Bari", Fills("destination", "Bari"))]
            1: [("eccolo", Means("document")), ("non lo trovo", Means("searching"))]
            2: [("due valigie", Fills("bags", "due valigie")), ("no", Means("hand")), ("ho solo uno zaino", Means("hand"))]
            3: [("no", Means("none")), ("niente", Means("none")), ("un computer", Fills("item", "un computer portatile")), ("sì", Means("item"))]
            4: [("corridoio", Fills("seat", "sul corridoio")), ("finestrino", Fills("seat", "vicino al finestrino")), ("non importa", Means("anywhere"))]
            5: [("no grazie", Means("none")), ("sono vegetariana", Fills("special", "un pasto vegetariano"))]
            6: [("no", Means("clear")), ("dov'è l'uscita?", Means("ask_gate")), ("a che ora?", Means("ask_time"))]
        }
    );
}

#[test]
fn what_callers_say_to_the_hotel_is_understood() {
    understood!("hotel_reservation":
        French {
            0: [("une chambre s'il vous plaît", Means("book")), ("annuler ma réservation", Means("change")), ("je voudrais réserver une chambre pour trois nuits", Fills("nights", "trois nuits"))]
            1: [("lundi", Fills("arrival", "lundi")), ("demain", Fills("arrival", "demain")), ("le 12 mai", Means("arrival"))]
            2: [("deux", Fills("count", "deux nuits")), ("une seule nuit", Fills("nights", "une nuit")), ("3 nuits", Fills("nights", "trois nuits"))]
            3: [("double", Fills("room", "une chambre double")), ("une chambre simple", Fills("room", "une chambre simple")), ("combien ça coûte ?", Means("ask_price"))]
            4: [("un parking", Fills("amenity", "une place de parking")), ("non", Means("none")), ("rien", Means("none")), ("il y a le wifi ?", Means("ask_amenities"))]
            5: [("oui", Means("breakfast")), ("non merci", Means("without")), ("sans petit déjeuner", Means("without")), ("pas de petit déjeuner", Means("without")), ("demi-pension", Means("half_board"))]
            6: [("je m'appelle Durand", Fills("name", "Durand")), ("Petit", Means("any"))]
            7: [("oui", Means("confirm")), ("non", Means("fix")), ("c'est bon", Means("confirm")), ("quatre nuits s'il vous plaît", Fills("nights", "quatre nuits")), ("ce n'est pas correct", Means("fix"))]
        }
        English {
            0: [("a room please", Means("book")), ("I want to cancel", Means("change")), ("a twin room for three nights", Fills("room", "a twin room"))]
            1: [("Monday", Fills("arrival", "on Monday")), ("tomorrow", Fills("arrival", "tomorrow")), ("the third of May", Means("arrival"))]
            2: [("two", Fills("count", "two nights")), ("one night", Fills("nights", "one night")), ("a week", Fills("nights", "one week"))]
            3: [("double", Fills("room", "a double room")), ("a single", Fills("room", "a single room")), ("how much is it?", Means("ask_price"))]
            4: [("parking", Fills("amenity", "a parking space")), ("no", Means("none")), ("do you have wifi?", Means("ask_amenities"))]
            5: [("yes please", Means("breakfast")), ("no thanks", Means("without")), ("without breakfast", Means("without")), ("half board", Means("half_board"))]
            6: [("my name is Patel", Fills("name", "Patel")), ("Patel", Means("any"))]
            7: [("yes", Means("confirm")), ("no", Means("fix")), ("that's right", Means("confirm")), ("four nights please", Fills("nights", "four nights")), ("that's not right", Means("fix"))]
        }
        Spanish {
            0: [("una habitación", Means("book")), ("quiero cancelar", Means("change"))]
            1: [("el lunes", Fills("arrival", "el lunes")), ("el tres de mayo", Means("arrival"))]
            2: [("dos", Fills("count", "dos noches")), ("tres noches", Fills("nights", "tres noches"))]
            3: [("doble", Fills("room", "una habitación doble")), ("¿cuánto cuesta?", Means("ask_price"))]
            4: [("aparcamiento", Fills("amenity", "una plaza de aparcamiento")), ("nada", Means("none")), ("¿tienen wifi?", Means("ask_amenities"))]
            5: [("sí", Means("breakfast")), ("no", Means("without")), ("sin desayuno", Means("without")), ("media pensión", Means("half_board"))]
            6: [("me llamo Ruiz", Fills("name", "Ruiz"))]
            7: [("sí", Means("confirm")), ("no", Means("fix")), ("no es correcto", Means("fix")), ("cuatro noches", Fills("nights", "cuatro noches"))]
        }
        German {
            0: [("ein Zimmer bitte", Means("book")), ("ich möchte stornieren", Means("change"))]
            1: [("am Montag", Fills("arrival", "am Montag")), ("am dritten Mai", Means("arrival"))]
            2: [("zwei", Fills("count", "zwei Nächte")), ("drei Nächte", Fills("nights", "drei Nächte"))]
            3: [("ein Einzelzimmer", Fills("room", "ein Einzelzimmer")), ("was kostet das?", Means("ask_price"))]
            4: [("einen Parkplatz", Fills("amenity", "ein Parkplatz")), ("nein", Means("none")), ("haben Sie WLAN?", Means("ask_amenities"))]
            5: [("ja", Means("breakfast")), ("nein", Means("without")), ("kein Frühstück", Means("without")), ("ohne Frühstück", Means("without")), ("Halbpension", Means("half_board"))]
            6: [("ich heiße Yilmaz", Fills("name", "Yilmaz"))]
            7: [("ja", Means("confirm")), ("nein", Means("fix")), ("das stimmt", Means("confirm")), ("das stimmt nicht", Means("fix")), ("vier Nächte", Fills("nights", "vier Nächte"))]
        }
        Italian {
            0: [("una camera per favore", Means("book")), ("vorrei disdire", Means("change"))]
            1: [("lunedì", Fills("arrival", "lunedì")), ("il tre maggio", Means("arrival"))]
            2: [("due", Fills("count", "due notti")), ("tre notti", Fills("nights", "tre notti"))]
            3: [("singola", Fills("room", "una camera singola")), ("quanto costa?", Means("ask_price"))]
            4: [("un parcheggio", Fills("amenity", "un posto auto")), ("niente", Means("none")), ("c'è il wifi?", Means("ask_amenities"))]
            5: [("sì", Means("breakfast")), ("no", Means("without")), ("senza colazione", Means("without")), ("mezza pensione", Means("half_board"))]
            6: [("mi chiamo Esposito", Fills("name", "Esposito"))]
            7: [("sì", Means("confirm")), ("no", Means("fix")), ("va bene", Means("confirm")), ("non è giusto", Means("fix")), ("quattro notti", Fills("nights", "quattro notti"))]
        }
    );
}
