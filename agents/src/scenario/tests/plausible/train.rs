//! What people at the ticket office may well say.

use super::*;

#[test]
fn what_travellers_say_at_the_train_station_is_understood() {
    understood!("train_station":
        French {
            0: [("à Marseille", Fills("destination", "Marseille")), ("je voudrais aller à Nancy", Fills("destination", "Nancy")), ("un billet pour Perpignan", Means("destination")), ("un aller-retour pour Lyon vendredi", Fills("ticket", "un aller-retour")), ("qu'est-ce qui est moins cher ?", Means("ask_cheapest"))]
            1: [("demain", Fills("departure", "demain")), ("demain matin", Fills("departure", "demain matin")), ("à 8 heures", Means("departure")), ("quand est le prochain train ?", Means("ask_next")), ("peu importe", Means("any")), ("pas demain, plutôt lundi", Fills("departure", "lundi"))]
            2: [("aller simple", Fills("ticket", "un aller simple")), ("aller-retour", Fills("ticket", "un aller-retour")), ("combien ça coûte ?", Means("ask_price"))]
            3: [("fenêtre", Fills("place", "côté fenêtre")), ("deuxième classe", Fills("class", "en seconde")), ("pas au couloir", Refuses), ("ça m'est égal", Means("any")), ("c'est quoi la différence ?", Means("ask_difference"))]
            4: [("oui", Means("card")), ("non", Means("no_card")), ("je suis étudiant", Fills("card", "le tarif étudiant")), ("je n'ai pas de carte", Means("no_card")), ("combien coûte la carte ?", Means("ask_card"))]
            5: [("carte", Fills("payment", "par carte")), ("en espèces", Fills("payment", "en espèces")), ("c'est trop cher", Means("too_dear")), ("je peux annuler ?", Means("ask_refundable"))]
            6: [("oui", Means("found")), ("non", Means("lost")), ("je ne trouve pas", Means("lost")), ("c'est direct ?", Means("ask_change"))]
            7: [("j'attends", Means("wait")), ("je prends le prochain train", Means("other_train")), ("je vais rater mon avion", Means("connection")), ("encore en retard", Means("upset")), ("un remboursement ?", Means("ask_refund"))]
        }
        English {
            0: [("two tickets to London please", Fills("destination", "London")), ("I want to go to Bristol", Fills("destination", "Bristol")), ("to the coast", Means("destination")), ("a return to Leeds tomorrow", Fills("departure", "tomorrow")), ("what is cheapest?", Means("ask_cheapest"))]
            1: [("tomorrow", Fills("departure", "tomorrow")), ("on Friday evening", Fills("departure", "on Friday")), ("at 8", Means("departure")), ("when is the next train?", Means("ask_next")), ("I don't mind", Means("any")), ("not tomorrow but Monday", Fills("departure", "on Monday"))]
            2: [("single", Fills("ticket", "a single")), ("return please", Fills("ticket", "a return")), ("how much is it?", Means("ask_price"))]
            3: [("window", Fills("place", "by the window")), ("first class", Fills("class", "in first class")), ("not on the aisle", Refuses), ("I don't mind", Means("any")), ("is there a difference?", Means("ask_difference"))]
            4: [("yes", Means("card")), ("no", Means("no_card")), ("I'm a student", Fills("card", "the student discount")), ("I don't have a railcard", Means("no_card")), ("how much is it?", Means("ask_card"))]
            5: [("card", Fills("payment", "by card")), ("cash", Fills("payment", "in cash")), ("that's too expensive", Means("too_dear")), ("is it refundable?", Means("ask_refundable"))]
            6: [("yes", Means("found")), ("no", Means("lost")), ("I don't know", Means("lost")), ("is it direct?", Means("ask_change"))]
            7: [("I'll wait", Means("wait")), ("I'll take the next train", Means("other_train")), ("I'll miss my flight", Means("connection")), ("late again", Means("upset")), ("can I get my money back?", Means("ask_refund"))]
        }
        Spanish {
            0: [("a Málaga", Fills("destination", "Málaga")), ("quiero ir a Vigo", Fills("destination", "Vigo")), ("a Cádiz", Means("destination")), ("ida y vuelta a Bilbao", Fills("ticket", "un billete de ida y vuelta")), ("¿qué es más barato?", Means("ask_cheapest"))]
            1: [("mañana", Fills("departure", "mañana")), ("el viernes por la tarde", Fills("departure", "el viernes")), ("a las 8", Means("departure")), ("¿cuándo sale el próximo tren?", Means("ask_next")), ("me da igual", Means("any")), ("mañana no, mejor el lunes", Fills("departure", "el lunes"))]
            2: [("solo ida", Fills("ticket", "un billete de ida")), ("ida y vuelta", Fills("ticket", "un billete de ida y vuelta")), ("¿cuánto cuesta?", Means("ask_price"))]
            3: [("ventanilla", Fills("place", "junto a la ventanilla")), ("primera clase", Fills("class", "en preferente")), ("pasillo no", Refuses), ("me da igual", Means("any")), ("¿cuál es la diferencia?", Means("ask_difference"))]
            4: [("sí", Means("card")), ("no", Means("no_card")), ("soy estudiante", Fills("card", "el carné de estudiante")), ("no tengo tarjeta", Means("no_card")), ("¿cuánto cuesta?", Means("ask_card"))]
            5: [("tarjeta", Fills("payment", "con tarjeta")), ("en efectivo", Fills("payment", "en efectivo")), ("es muy caro", Means("too_dear")), ("¿puedo cancelar?", Means("ask_refundable"))]
            6: [("sí", Means("found")), ("no", Means("lost")), ("no sé dónde está", Means("lost")), ("¿es directo?", Means("ask_change"))]
            7: [("voy a esperar", Means("wait")), ("cojo el próximo", Means("other_train")), ("voy a perder el avión", Means("connection")), ("otra vez tarde", Means("upset")), ("¿hay devolución?", Means("ask_refund"))]
        }
        German {
            0: [("nach Dresden", Fills("destination", "Dresden")), ("ich möchte nach Ulm fahren", Fills("destination", "Ulm")), ("einmal Hamburg hin und zurück", Fills("ticket", "eine Hin- und Rückfahrt")), ("was ist am günstigsten?", Means("ask_cheapest"))]
            1: [("morgen", Fills("departure", "morgen")), ("am Freitag", Fills("departure", "am Freitag")), ("um 8 Uhr", Means("departure")), ("wann fährt der nächste Zug?", Means("ask_next")), ("egal", Means("any")), ("nicht morgen, lieber am Montag", Fills("departure", "am Montag"))]
            2: [("nur hin", Fills("ticket", "eine einfache Fahrt")), ("hin und zurück", Fills("ticket", "eine Hin- und Rückfahrt")), ("was kostet das?", Means("ask_price"))]
            3: [("am Fenster", Fills("place", "am Fenster")), ("zweite Klasse", Fills("class", "in der zweiten Klasse")), ("nicht am Gang", Refuses), ("egal", Means("any")), ("wo ist der Unterschied?", Means("ask_difference"))]
            4: [("ja", Means("card")), ("nein", Means("no_card")), ("ich bin Student", Fills("card", "dem Studententarif")), ("ich habe keine BahnCard", Means("no_card")), ("was kostet die?", Means("ask_card"))]
            5: [("mit Karte", Fills("payment", "mit Karte")), ("bar", Fills("payment", "in bar")), ("das ist zu teuer", Means("too_dear")), ("kann ich umbuchen?", Means("ask_refundable"))]
            6: [("ja", Means("found")), ("nein", Means("lost")), ("wo ist Gleis fünf?", Means("lost")), ("muss ich umsteigen", Means("ask_change"))]
            7: [("ich warte", Means("wait")), ("ich nehme den nächsten Zug", Means("other_train")), ("ich verpasse meinen Flug", Means("connection")), ("immer zu spät", Means("upset")), ("gibt es eine Entschädigung?", Means("ask_refund"))]
        }
        Italian {
            0: [("a Napoli", Fills("destination", "Napoli")), ("vado a Trieste", Fills("destination", "Trieste")), ("a Lecce", Means("destination")), ("andata e ritorno per Firenze", Fills("ticket", "un biglietto di andata e ritorno")), ("cosa costa meno?", Means("ask_cheapest"))]
            1: [("domani", Fills("departure", "domani")), ("venerdì sera", Fills("departure", "venerdì")), ("alle 8", Means("departure")), ("a che ora parte?", Means("ask_next")), ("è uguale", Means("any")), ("non domani, meglio lunedì", Fills("departure", "lunedì"))]
            2: [("sola andata", Fills("ticket", "un biglietto di sola andata")), ("andata e ritorno", Fills("ticket", "un biglietto di andata e ritorno")), ("quanto costa?", Means("ask_price"))]
            3: [("finestrino", Fills("place", "vicino al finestrino")), ("seconda classe", Fills("class", "in seconda classe")), ("non al corridoio", Refuses), ("è uguale", Means("any")), ("qual è la differenza?", Means("ask_difference"))]
            4: [("sì", Means("card")), ("no", Means("no_card")), ("sono studente", Fills("card", "lo sconto studenti")), ("non ho la carta", Means("no_card")), ("quanto costa?", Means("ask_card"))]
            5: [("carta", Fills("payment", "con la carta")), ("in contanti", Fills("payment", "in contanti")), ("è troppo caro", Means("too_dear")), ("posso annullare?", Means("ask_refundable"))]
            6: [("sì", Means("found")), ("no", Means("lost")), ("non lo trovo", Means("lost")), ("è diretto?", Means("ask_change"))]
            7: [("aspetto", Means("wait")), ("prendo il prossimo treno", Means("other_train")), ("perdo il volo", Means("connection")), ("sempre in ritardo", Means("upset")), ("c'è un rimborso?", Means("ask_refund"))]
        }
    );
}
