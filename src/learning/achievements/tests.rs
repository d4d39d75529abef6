use super::*;
use proptest::prelude::*;

fn kind(scenario: &str, category: &str, conversations: u32) -> Kind {
    Kind {
        language: "french".to_owned(),
        scenario: Some(scenario.to_owned()),
        category: Some(category.to_owned()),
        conversations,
        with_topics: conversations,
        ..Kind::default()
    }
}

fn ids(tallies: &Tallies, before: &[&str]) -> Vec<String> {
    let before = before.iter().map(|id| (*id).to_owned()).collect();
    let catalogue = Catalogue::built_in();
    catalogue
        .earned(tallies, &before)
        .map(|found| found.id.clone())
        .collect()
}

#[test]
fn the_documents_achievements_are_there_word_for_word() {
    let catalogue = Catalogue::built_in();
    let shown = [
        (
            "first_conversation",
            "Breaking the Ice",
            "Complete your first AI conversation",
            "🎉",
            50,
            "milestone",
            1,
        ),
        (
            "week_streak_1",
            "Week Warrior",
            "Maintain a 7-day learning streak",
            "🔥",
            100,
            "consistency",
            7,
        ),
        (
            "pronunciation_perfect_10",
            "Pronunciation Pro",
            "Get perfect pronunciation scores 10 times",
            "🎯",
            200,
            "skill",
            10,
        ),
        (
            "restaurant_master",
            "Restaurant Master",
            "Complete 5 restaurant conversations",
            "🍽️",
            150,
            "topic",
            5,
        ),
    ];
    for (id, name, description, icon, xp_reward, category, required) in shown {
        let found = catalogue.named(id).unwrap();
        assert_eq!(found.name, name);
        assert_eq!(found.description, description);
        assert_eq!(found.icon, icon);
        assert_eq!(found.xp_reward, xp_reward);
        assert_eq!(found.category, category);
        assert_eq!(found.rule.required(), required);
    }
    for id in [
        "first_restaurant_conversation",
        "perfect_pronunciation_streak_5",
        "restaurant_novice",
    ] {
        assert!(catalogue.named(id).is_some(), "{id}");
    }
}

#[test]
fn what_was_earned_before_is_not_earned_again() {
    let tallies = Tallies {
        kinds: vec![kind("restaurant", "food", 1)],
        streak_days: 1,
        words: 3,
    };
    assert_eq!(
        ids(&tallies, &[]),
        ["first_conversation", "first_restaurant_conversation"]
    );
    assert_eq!(
        ids(&tallies, &["first_conversation"]),
        ["first_restaurant_conversation"]
    );
    let earned = ids(&tallies, &[]);
    let earned: Vec<&str> = earned.iter().map(String::as_str).collect();
    assert!(ids(&tallies, &earned).is_empty());
}

#[test]
fn conversations_count_over_all_languages_by_scenario_and_by_category() {
    let mut spanish = kind("restaurant", "food", 2);
    spanish.language = "spanish".to_owned();
    let tallies = Tallies {
        kinds: vec![kind("restaurant", "food", 2), spanish, kind("coffee_shop", "food", 1)],
        ..Tallies::default()
    };
    let standing = |rule: &str| {
        let text = format!(
            "[[achievements]]\nid = 'a'\nname = ''\ndescription = ''\nicon = ''\nxp_reward = 1\ncategory = ''\nrule = {rule}"
        );
        let standing = Catalogue::parse(&text).unwrap().all()[0].rule.standing(&tallies);
        (standing.current, standing.required)
    };
    assert_eq!(standing("{ kind = 'conversations', required = 9 }"), (5, 9));
    assert_eq!(
        standing("{ kind = 'conversations', scenario = 'restaurant', required = 3 }"),
        (3, 3)
    );
    assert_eq!(
        standing("{ kind = 'conversations', category = 'food', required = 9 }"),
        (5, 9)
    );
    assert_eq!(
        standing("{ kind = 'conversations', category = 'travel', required = 9 }"),
        (0, 9)
    );
    assert_eq!(standing("{ kind = 'languages', required = 9 }"), (2, 9));
    assert_eq!(standing("{ kind = 'scenarios', required = 9 }"), (2, 9));
}

#[test]
fn a_conversation_that_went_through_no_topic_counts_for_none() {
    let tallies = Tallies {
        kinds: vec![Kind {
            with_topics: 0,
            ..kind("restaurant", "food", 5)
        }],
        ..Tallies::default()
    };
    assert_eq!(ids(&tallies, &[]), ["first_conversation"]);
    let one_meal = Tallies {
        kinds: vec![Kind {
            with_topics: 1,
            ..kind("restaurant", "food", 5)
        }],
        ..Tallies::default()
    };
    assert_eq!(
        ids(&one_meal, &[]),
        ["first_conversation", "first_restaurant_conversation"]
    );
}

#[test]
fn lists_that_make_no_sense_are_refused() {
    let one = |id: &str, rule: &str| {
        format!(
            "[[achievements]]\nid = '{id}'\nname = ''\ndescription = ''\nicon = ''\nxp_reward = 1\ncategory = ''\nrule = {rule}\n"
        )
    };
    let fine = one("a", "{ kind = 'words', required = 1 }");
    assert!(Catalogue::parse(&fine).is_ok());
    assert!(matches!(Catalogue::parse(&fine.repeat(2)), Err(CatalogueError::Twice(id)) if id == "a"));
    let free = one("b", "{ kind = 'words', required = 0 }");
    assert!(matches!(Catalogue::parse(&free), Err(CatalogueError::Free(id)) if id == "b"));
    for rule in [
        "{ kind = 'luck', required = 1 }",
        "{ kind = 'words' }",
        "{ kind = 'words', required = 1, x = 1 }",
    ] {
        assert!(
            matches!(Catalogue::parse(&one("c", rule)), Err(CatalogueError::Syntax(_))),
            "{rule}"
        );
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text: String) {
        let _ = Catalogue::parse(&text);
    }

    #[test]
    fn more_practice_never_loses_an_achievement(a in 0_u32..200, b in 0_u32..200, streak in 0_u32..40) {
        let tallies = |conversations| Tallies {
            kinds: vec![kind("restaurant", "food", conversations)],
            streak_days: streak,
            words: conversations,
        };
        let (fewer, more) = (a.min(b), a.max(b));
        let more = ids(&tallies(more), &[]);
        prop_assert!(ids(&tallies(fewer), &[]).iter().all(|id| more.contains(id)));
    }
}
