//! What an answer takes back or takes up: itself, and what was recommended.

use super::*;
use crate::correction::Correction;
use crate::scenario::script::OFFERED;

#[test]
fn what_is_taken_back_does_not_count_and_what_is_denied_is_not_taken_back() {
    for (language, step, slot, text, value) in [
        (
            Language::English,
            "taking_food_order",
            "dish",
            "The soup, no wait, the risotto",
            Some("the mushroom risotto"),
        ),
        (
            Language::English,
            "choosing_table",
            "place",
            "Inside, no, outside please",
            Some("in the garden"),
        ),
        (
            Language::English,
            "taking_food_order",
            "dish",
            "The risotto, no soup",
            Some("the mushroom risotto"),
        ),
        (
            Language::French,
            "taking_food_order",
            "dish",
            "La soupe, non pardon, la quiche",
            Some("la quiche lorraine"),
        ),
        (
            Language::French,
            "choosing_table",
            "place",
            "Pas en terrasse, à l'intérieur",
            Some("à l'intérieur"),
        ),
        (
            Language::German,
            "taking_food_order",
            "dish",
            "Die Suppe, nein, das Schnitzel",
            Some("das Wiener Schnitzel"),
        ),
        (Language::Spanish, "taking_drink_order", "drink", "No, gracias", None),
    ] {
        let found = filled("restaurant", language, step, slot, text);
        assert_eq!(found.as_deref(), value, "{language} {text}");
    }
}

#[test]
fn what_was_recommended_is_taken_by_saying_so() {
    for (language, question, taking, refusing) in [
        (
            Language::French,
            "Qu'est-ce que vous me conseillez ?",
            "D'accord, je prends ça.",
            "Non, je ne prends pas ça",
        ),
        (
            Language::English,
            "What do you recommend?",
            "OK, I'll take that.",
            "No, not that",
        ),
        (
            Language::German,
            "Was empfehlen Sie?",
            "Gut, das nehme ich.",
            "Nein, das nehme ich nicht",
        ),
        (
            Language::Spanish,
            "¿Qué me recomienda?",
            "Vale, lo tomo.",
            "No, no lo tomo",
        ),
        (
            Language::Italian,
            "Che cosa mi consiglia?",
            "Va bene, prendo quello.",
            "No, non prendo quello",
        ),
    ] {
        let script = script("restaurant", language);
        let before = at(&script, "taking_food_order");
        let (reply, told) = said(&script, &before, question);
        assert_eq!(told.step, before.step, "{language}: {reply}");
        let (reply, after) = said(&script, &told, taking);
        let dish = after.slots.get("dish").unwrap_or_else(|| panic!("{language}: {reply}"));
        assert!(
            after.step > before.step && reply.contains(dish.as_str()),
            "{language}: {reply}"
        );
        assert!(!after.slots.contains_key("offered"), "{language}");
        let (reply, after) = said(&script, &told, refusing);
        assert!(!after.slots.contains_key("dish"), "{language}: {reply}");
        let (reply, after) = said(&script, &before, taking);
        assert!(
            !after.slots.contains_key("dish"),
            "{language}, nothing was recommended: {reply}"
        );
    }
    let script = script("restaurant", Language::French);
    let (_, told) = said(
        &script,
        &at(&script, "taking_food_order"),
        "Qu'est-ce que vous me conseillez ?",
    );
    let (_, after) = said(&script, &told, "Merci, bonne soirée !");
    assert!(after.complete && after.left && !after.slots.contains_key("dish"));
}

#[test]
fn what_a_correction_names_is_not_what_was_recommended() {
    let script = script("restaurant", Language::English);
    let before = at(&script, "taking_food_order");
    let asking = typed("What do you recommend?");
    let offered = script.respond(&before, &asking).1.slots.remove(OFFERED);
    assert!(offered.is_some());
    let correction = Correction {
        wrong: "soup".to_owned(),
        right: "soups".to_owned(),
        phrase: "the soup".to_owned(),
        explanation: String::new(),
        rule: String::new(),
    };
    let (reply, mut after) = script.respond_recasting(&before, &asking, Some(&correction));
    assert!(reply.text.contains("the soup"), "{}", reply.text);
    assert_eq!(after.slots.remove(OFFERED), offered, "{}", reply.text);
}
