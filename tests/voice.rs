//! Recordings measured, and exercises.

use colloquy::audio::{Sound, decode, encode};
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::test_server::{Answer, TestServer};

/// "I would like a table for two, please.", recorded by a browser's MediaRecorder.
const ANSWER: &[u8] = include_bytes!("data/sound/answer.webm");
const TEXT: &str = "I would like a table for two, please.";
const ANALYZE: &str = "/v1/voice/analyze";

fn form(file: &[u8], text: &str, language: &str) -> Form {
    Form::new()
        .part("audio", Part::bytes(file.to_vec()).file_name("audio_file.wav"))
        .text("text", text.to_owned())
        .text("language", language.to_owned())
}

async fn analyze(server: &TestServer, token: &str, form: Form) -> Answer {
    Answer::to(server.request(Method::POST, ANALYZE).bearer_auth(token).multipart(form)).await
}

#[actix_web::test]
async fn a_recording_is_measured_and_no_score_is_invented() {
    let server = TestServer::start().await;
    let token = server.guest().await;
    let sound = decode(ANSWER).unwrap();
    let files = [
        ANSWER.to_vec(),
        encode::mp3(sound.clone()).unwrap(),
        encode::wav(&sound),
    ];
    for file in files {
        let answer = analyze(&server, &token, form(&file, TEXT, "en-US")).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let analysis = answer.json();
        assert!(analysis["analysis_id"].as_str().unwrap().starts_with("voice_"));
        assert_eq!(analysis["text"], TEXT);
        assert_eq!(analysis["language"], "en-US");
        let detailed = &analysis["detailed_analysis"];
        let pronunciation = &detailed["pronunciation"];
        assert!(
            pronunciation["score"].as_u64().is_some_and(|score| score >= 60),
            "{pronunciation}"
        );
        assert_eq!(
            (&pronunciation["completeness"], &pronunciation["feedback"]),
            (&json!(100), &Value::Null)
        );
        assert!(analysis["overall_score"].as_u64().is_some_and(|score| score >= 50));
        let sounds = pronunciation["phonemes"].as_array().unwrap();
        assert!(sounds.len() > 15, "{pronunciation}");
        for sound in sounds {
            assert!(TEXT.contains(sound["word"].as_str().unwrap()), "{sound}");
            assert!(sound["phoneme"].is_string() && sound["score"].as_u64().unwrap() <= 100);
            assert!(!sound["feedback"].as_str().unwrap().is_empty());
        }
        let fluency = &detailed["fluency"];
        assert!(fluency["score"].as_u64().is_some_and(|score| score >= 60), "{fluency}");
        assert_eq!(fluency["pace"], "appropriate");
        assert!(fluency["pauses"].as_u64().unwrap() <= 1, "{fluency}");
        assert_eq!(fluency["filler_words"], 0);
        assert!(fluency["feedback"].as_str().unwrap().starts_with("Good natural pace"));
        let intonation = &detailed["intonation"];
        assert!(intonation["pattern"].is_string() && intonation["feedback"].is_string());
        for list in ["improvements", "next_exercises"] {
            let list = analysis[list].as_array().unwrap();
            assert!(!list.is_empty() && list.iter().all(Value::is_string));
        }
    }
}

#[actix_web::test]
async fn pauses_and_another_text_are_noticed() {
    let server = TestServer::start().await;
    let token = server.guest().await;
    let sound = decode(ANSWER).unwrap().at(16_000).unwrap();
    let twice = Sound {
        samples: [&sound.samples[..], &[0; 16_000], &sound.samples[..]].concat(),
        rate: 16_000,
    };
    let text = format!("{TEXT} {TEXT}");
    let one = analyze(&server, &token, form(ANSWER, TEXT, "english")).await.json();
    let two = analyze(&server, &token, form(&encode::wav(&twice), &text, "english"))
        .await
        .json();
    let pauses = |analysis: &Value| analysis["detailed_analysis"]["fluency"]["pauses"].as_u64().unwrap();
    assert_eq!(pauses(&two), 2 * pauses(&one) + 1);
    let said = two["detailed_analysis"]["fluency"]["feedback"].as_str().unwrap();
    let told = match pauses(&two) {
        1 => "You paused once.".to_owned(),
        count => format!("You paused {count} times."),
    };
    assert!(said.contains(&told), "{said}");

    let other = "The weather will be cold and rainy until Thursday morning.";
    let analysis = analyze(&server, &token, form(ANSWER, other, "english")).await.json();
    assert_eq!(analysis["detailed_analysis"]["fluency"]["filler_words"], 0);
    let first = analysis["improvements"][0].as_str().unwrap();
    assert!(first.starts_with("What was heard differs from the text"), "{first}");
    let pronunciation = &analysis["detailed_analysis"]["pronunciation"];
    assert_eq!(
        (&analysis["overall_score"], &pronunciation["score"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(pronunciation["phonemes"], json!([]));
    for part in ["pronunciation", "fluency", "intonation"] {
        let part = &analysis["detailed_analysis"][part];
        assert_eq!(part["score"], Value::Null);
        let reason = part["feedback"].as_str().unwrap();
        assert!(reason.contains("No score: what was heard is not the text."), "{reason}");
    }
    assert_eq!(analysis["detailed_analysis"]["fluency"]["pace"], "unknown");
}

/// The words that are said to be wrong, by the format of Azure's.
fn wrong_words(assessment: &Value) -> Vec<&str> {
    let words = assessment["NBest"][0]["Words"].as_array().unwrap().iter();
    let wrong = words.filter(|word| word["PronunciationAssessment"]["ErrorType"] != "None");
    wrong.map(|word| word["Word"].as_str().unwrap()).collect()
}

#[actix_web::test]
async fn the_word_that_was_said_in_anothers_place_is_named() {
    let server = TestServer::start().await;
    let token = server.guest().await;
    let analyze = async |text: &str, query: &str| {
        let path = format!("{ANALYZE}{query}");
        let request = server.request(Method::POST, &path).bearer_auth(&token);
        Answer::to(request.multipart(form(ANSWER, text, "english"))).await
    };
    let right = analyze(TEXT, "?format=azure").await.json();
    assert_eq!(right["RecognitionStatus"], "Success");
    assert_eq!(wrong_words(&right), Vec::<&str>::new());
    let best = &right["NBest"][0];
    let scores = &best["PronunciationAssessment"];
    assert!(
        scores["AccuracyScore"].as_u64().unwrap() >= 60 && scores["CompletenessScore"] == 100,
        "{scores}"
    );
    assert!(
        scores["PronScore"].is_u64() && scores["FluencyScore"].is_u64(),
        "{scores}"
    );
    let words = best["Words"].as_array().unwrap();
    assert_eq!(words.len(), 8);
    // In order, in ticks of 100 ns, within the two seconds and a half that it takes.
    let mut last = 0;
    for word in words {
        let (offset, duration) = (word["Offset"].as_u64().unwrap(), word["Duration"].as_u64().unwrap());
        assert!(
            offset >= last && duration > 0 && offset + duration < 60_000_000,
            "{word}"
        );
        last = offset;
        assert!(!word["Phonemes"].as_array().unwrap().is_empty());
    }

    let other = "I would like a bottle for two, please.";
    let azure = analyze(other, "?format=azure").await.json();
    assert!(wrong_words(&azure).contains(&"bottle"), "{azure}");
    let told = analyze(other, "").await.json();
    let named = told["improvements"].as_array().unwrap().iter();
    assert!(
        named
            .clone()
            .any(|advice| advice.as_str().unwrap().starts_with("bottle: ")),
        "{told}"
    );
    let candidates = azure["NBest"][0]["Words"].as_array().unwrap().iter();
    let candidates = candidates.flat_map(|word| word["Phonemes"].as_array().unwrap());
    for phoneme in candidates {
        let likeliest = phoneme["PronunciationAssessment"]["NBestPhonemes"].as_array().unwrap();
        let scores: Vec<u64> = likeliest.iter().map(|one| one["Score"].as_u64().unwrap()).collect();
        // Of a sound that is several in a row nobody knows what else it may be.
        let is_one = !["əl", "ɔːɹ"].contains(&phoneme["Phoneme"].as_str().unwrap());
        assert_eq!(scores.len(), if is_one { 5 } else { 1 }, "{phoneme}");
        assert!(scores.is_sorted_by(|a, b| a >= b), "{phoneme}");
        let own = likeliest
            .iter()
            .find(|one| one["Phoneme"] == phoneme["Phoneme"])
            .unwrap();
        assert_eq!(own["Score"], phoneme["PronunciationAssessment"]["AccuracyScore"]);
    }
    assert_eq!(right["NBest"][0]["Lexical"], "i would like a table for two please");
    let score = |told: &Value| {
        told["NBest"][0]["PronunciationAssessment"]["AccuracyScore"]
            .as_u64()
            .unwrap()
    };
    assert!(score(&azure) < score(&right));

    analyze(TEXT, "?format=xml").await.error(400, "INVALID_REQUEST");
    let klingon = analyze(TEXT, "?native_language=klingon").await;
    klingon.error(400, "INVALID_LANGUAGE");
    assert_eq!(analyze(TEXT, "?format=document").await.json()["language"], "english");
}

#[actix_web::test]
async fn advice_comes_in_the_learners_own_language_and_a_language_without_rules_says_so() {
    let server = TestServer::start().await;
    let token = server.guest().await;
    let change = server
        .request(Method::PATCH, "/v1/users/me/preferences")
        .bearer_auth(&token);
    let changed = Answer::to(change.json(&json!({"native_language": "german"}))).await;
    assert_eq!(
        changed.json()["preferences"]["native_language"],
        "german",
        "{}",
        changed.text
    );
    let told = analyze(&server, &token, form(ANSWER, TEXT, "english")).await.json();
    let sounds = told["detailed_analysis"]["pronunciation"]["phonemes"]
        .as_array()
        .unwrap();
    assert!(
        sounds
            .iter()
            .any(|sound| sound["feedback"] == "Ausgezeichnete Aussprache"),
        "{told}"
    );
    let fluency = told["detailed_analysis"]["fluency"]["feedback"].as_str().unwrap();
    assert!(fluency.starts_with("Gutes, natürliches Tempo."), "{fluency}");
    let melody = told["detailed_analysis"]["intonation"]["feedback"].as_str().unwrap();
    assert!(melody.starts_with("Deine Stimme"), "{melody}");
    let asked = server
        .request(Method::POST, &format!("{ANALYZE}?native_language=ja"))
        .bearer_auth(&token);
    let asked = Answer::to(asked.multipart(form(ANSWER, TEXT, "english"))).await.json();
    let fluency = asked["detailed_analysis"]["fluency"]["feedback"].as_str().unwrap();
    assert!(fluency.starts_with("自然な速さ"), "{fluency}");
    let japanese = analyze(
        &server,
        &token,
        form(ANSWER, "二人用のテーブルをお願いします", "japanese"),
    )
    .await;
    let japanese = japanese.json();
    assert_eq!(japanese["overall_score"], Value::Null);
    for part in ["pronunciation", "fluency", "intonation"] {
        let feedback = japanese["detailed_analysis"][part]["feedback"].as_str().unwrap();
        assert!(
            feedback.contains("Keine Wertung: Dieser Server kann die Laute"),
            "{feedback}"
        );
    }
    // Pauses and melody are heard in any language; how fast it is nobody knows who doesn't know its words.
    let detailed = &japanese["detailed_analysis"];
    assert!(detailed["fluency"]["pauses"].as_u64().unwrap() <= 1, "{detailed}");
    assert_eq!(detailed["fluency"]["pace"], "unknown");
    assert_ne!(detailed["intonation"]["pattern"], "unclear");
}

#[actix_web::test]
async fn azures_shape_has_words_of_its_own_for_what_is_no_success() {
    let server = TestServer::start().await;
    let token = server.guest().await;
    let analyze = async |file: &[u8], text: &str, language: &str| {
        let request = server.request(Method::POST, &format!("{ANALYZE}?format=azure"));
        Answer::to(request.bearer_auth(&token).multipart(form(file, text, language))).await
    };
    let silence = encode::wav(&Sound {
        samples: vec![0; 32_000],
        rate: 16_000,
    });
    let silence = analyze(&silence, TEXT, "english").await;
    assert_eq!(
        (silence.status, silence.json()),
        (
            200,
            json!({"RecognitionStatus": "InitialSilenceTimeout", "Offset": 0, "Duration": 0})
        )
    );
    let other = analyze(
        ANSWER,
        "The weather will be cold and rainy until Thursday morning.",
        "english",
    )
    .await;
    let other = other.json();
    assert_eq!(other["RecognitionStatus"], "NoMatch");
    assert_eq!((other.get("NBest"), other.get("DisplayText")), (None, None));
    let japanese = analyze(ANSWER, "二人用のテーブルをお願いします", "japanese").await;
    let error = japanese.error(400, "INVALID_REQUEST");
    assert_eq!(error["details"]["field"], "language");
    analyze(b"nonsense", TEXT, "english").await.error(400, "INVALID_AUDIO");
}

#[actix_web::test]
async fn the_second_minute_is_judged_and_a_third_is_refused() {
    let sound = decode(ANSWER).unwrap().at(16_000).unwrap();
    let many = |count: usize| {
        encode::mp3(Sound {
            samples: sound.samples.repeat(count),
            rate: 16_000,
        })
        .unwrap()
    };
    let count = 75 * 16_000 / sound.samples.len();
    assert!(count * (TEXT.len() + 1) <= 1000, "{count}");
    let text = vec![TEXT; count].join(" ");
    // Both before there is a connection: one that is idle for so long is closed.
    let (whole, endless) = (many(count), many(121 * 16_000 / sound.samples.len() + 1));
    let server = TestServer::start().await;
    let token = server.guest().await;
    let request = server.request(Method::POST, &format!("{ANALYZE}?format=azure"));
    let whole = request.bearer_auth(&token).multipart(form(&whole, &text, "english"));
    let whole = Answer::to(whole).await.json();
    let words = whole["NBest"][0]["Words"].as_array().unwrap();
    let last = words.last().unwrap();
    assert_eq!((words.len(), &last["Word"]), (8 * count, &json!("please")));
    assert!(last["Offset"].as_u64().unwrap() > 65 * 10_000_000, "{last}");
    assert_eq!(last["PronunciationAssessment"]["ErrorType"], "None", "{last}");
    let scores = &whole["NBest"][0]["PronunciationAssessment"];
    assert_eq!(scores["CompletenessScore"], 100, "{scores}");
    let error = analyze(&server, &token, form(&endless, &text, "english"))
        .await
        .error(400, "INVALID_AUDIO");
    assert_eq!(error["message"], "The audio is longer than 120 seconds");
}

#[actix_web::test]
async fn what_cant_be_measured_says_why() {
    let server = TestServer::start().await;
    let token = server.guest().await;
    let post = || server.request(Method::POST, ANALYZE).bearer_auth(&token);
    for file in [b"nonsense".as_slice(), &ANSWER[..90], b"RIFF\x24\0\0\0WAVEfmt "] {
        analyze(&server, &token, form(file, TEXT, "english"))
            .await
            .error(400, "INVALID_AUDIO");
    }
    let silence = encode::wav(&Sound {
        samples: vec![0; 32_000],
        rate: 16_000,
    });
    let error = analyze(&server, &token, form(&silence, TEXT, "english"))
        .await
        .error(400, "INVALID_AUDIO");
    assert_eq!(error["message"], "No speech was found in the audio");
    let whole = || Part::bytes(ANSWER.to_vec()).file_name("x");
    for form in [
        Form::new().text("text", TEXT).text("language", "english"),
        Form::new().part("audio", whole()).text("language", "english"),
        Form::new().part("audio", whole()).text("text", TEXT),
        form(b"", TEXT, "english"),
        form(ANSWER, &"x".repeat(1001), "english"),
        form(ANSWER, "!!!", "english"),
    ] {
        analyze(&server, &token, form).await.error(400, "INVALID_REQUEST");
    }
    Answer::to(post()).await.error(400, "INVALID_REQUEST");
    Answer::to(post().json(&json!({}))).await.error(400, "INVALID_REQUEST");
    let error = analyze(&server, &token, form(ANSWER, TEXT, "klingon"))
        .await
        .error(400, "INVALID_LANGUAGE");
    assert_eq!(error["details"]["provided_language"], "klingon");
    let large = form(&vec![0; 10 * 1024 * 1024 + 1], TEXT, "english");
    analyze(&server, &token, large).await.error(413, "PAYLOAD_TOO_LARGE");
    let anonymous = server
        .request(Method::POST, ANALYZE)
        .multipart(form(ANSWER, TEXT, "english"));
    Answer::to(anonymous).await.error(401, "UNAUTHORIZED");
}

#[actix_web::test]
async fn exercises_are_listed_and_can_be_heard() {
    let server = TestServer::start().await;
    let token = server.guest().await;
    let path = "/v1/voice/exercises?language=french&difficulty=intermediate&focus=pronunciation";
    let answer = server.get(&token, path).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let listed = answer.json();
    let exercises = listed["exercises"].as_array().unwrap();
    assert_eq!(exercises[0]["type"], "word_repetition");
    assert_eq!(exercises[0]["difficulty"], "intermediate");
    let mut heard = 0;
    for exercise in exercises {
        assert!(exercise["id"].is_string() && exercise["title"].is_string());
        let (items, own) = match exercise["type"].as_str().unwrap() {
            "word_repetition" => (&exercise["words"], "phonetic"),
            "sentence_practice" => (&exercise["sentences"], "intonation_pattern"),
            other => panic!("{other}"),
        };
        let items = items.as_array().unwrap();
        assert!(items.len() >= 3);
        assert_eq!(exercise["difficulty"], "intermediate");
        for item in items {
            for key in ["text", "tips", "audio_url", own] {
                assert!(item[key].is_string(), "{key} of {item}");
            }
        }
        let url = items[0]["audio_url"].as_str().unwrap();
        let path = &url[url.find("/audio/").unwrap()..];
        let file = server.request(Method::GET, path).send().await.unwrap();
        assert_eq!(file.status(), 200);
        assert_eq!(file.headers()["content-type"], "audio/mpeg");
        assert!(decode(&file.bytes().await.unwrap()).unwrap().duration().as_millis() > 200);
        heard += 1;
    }
    assert!(heard >= 4);
    let melody = server
        .get(&token, "/v1/voice/exercises?language=fr&focus=intonation")
        .await
        .json();
    let melody = melody["exercises"].as_array().unwrap();
    assert!(melody.len() >= 2 && melody.iter().all(|exercise| exercise["type"] == "sentence_practice"));
    // A sound is a focus as well; what is said of it is in the learner's own language.
    let path = "/v1/voice/exercises?language=fr&phoneme=%C5%93%CC%83&difficulty=beginner&native_language=german";
    let sound = server.get(&token, path).await.json()["exercises"].clone();
    assert_eq!(sound.as_array().unwrap().len(), 1, "{sound}");
    assert_eq!(sound[0]["title"], "/œ\u{303}/ aussprechen: brun");
    assert!(
        sound[0]["words"][0]["tips"].as_str().unwrap().contains("Nase"),
        "{sound}"
    );
    let path = "/v1/voice/exercises?language=fr&focus=fluency&native_language=es";
    let fluency = server.get(&token, path).await.json()["exercises"].clone();
    let tips = fluency[0]["sentences"][0]["tips"].as_str().unwrap();
    assert!(tips.starts_with("Di de un tirón"), "{fluency}");
    // The spoken forms let characters be heard, too.
    for language in ["portuguese", "chinese", "japanese"] {
        let path = format!("/v1/voice/exercises?language={language}");
        let listed = server.get(&token, &path).await.json()["exercises"].clone();
        let listed = listed.as_array().unwrap();
        assert!(listed.len() >= 4, "{language}");
        let sentences = listed.iter().find(|exercise| exercise["type"] == "sentence_practice");
        let url = sentences.unwrap()["sentences"][0]["audio_url"].as_str().unwrap();
        let file = server
            .request(Method::GET, &url[url.find("/audio/").unwrap()..])
            .send()
            .await
            .unwrap();
        assert_eq!(file.status(), 200, "{language}");
        assert!(
            decode(&file.bytes().await.unwrap()).unwrap().duration().as_millis() > 500,
            "{language}"
        );
    }
    assert_eq!(server.get(&token, "/v1/voice/exercises").await.status, 200);
    let error = server.get(&token, "/v1/voice/exercises?language=klingon").await;
    error.error(400, "INVALID_LANGUAGE");
    for query in ["focus=grammar", "difficulty=impossible"] {
        let answer = server.get(&token, &format!("/v1/voice/exercises?{query}")).await;
        answer.error(400, "INVALID_REQUEST");
    }
}

#[actix_web::test]
async fn phonemes_are_explained_and_can_be_heard() {
    let audio_dir = tempfile::tempdir().unwrap();
    let server = TestServer::builder()
        .set("AUDIO_DIR", audio_dir.path().to_str().unwrap())
        .start()
        .await;
    let token = server.guest().await;
    let list = async |query: &str| {
        let answer = server.get(&token, &format!("/v1/voice/phonemes?{query}")).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    };
    let listed = list("language=fr&native_language=english").await;
    assert_eq!(listed["language"], "fr");
    let sounds = listed["phonemes"].as_array().unwrap();
    let rue = sounds.iter().find(|sound| sound["phoneme"] == "y").unwrap();
    assert_eq!(rue["example"], "rue");
    let advice = "Say “ee”, keep the tongue just there, and round your lips as if to whistle.";
    assert_eq!(rue["advice"], advice);
    let url = format!("http://{}/audio/phonemes/fr-0079.mp3", server.running.http_addr);
    assert_eq!(rue["audio_example"], url.as_str());
    let german = list("language=french&native_language=de").await;
    assert_eq!(german["phonemes"].as_array().unwrap().len(), sounds.len());
    let rue = german["phonemes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|sound| sound["phoneme"] == "y");
    assert!(rue.unwrap()["advice"].as_str().unwrap().contains("Lippen"));

    for language in [
        "english",
        "spanish",
        "french",
        "german",
        "italian",
        "portuguese",
        "chinese",
        "japanese",
    ] {
        let listed = list(&format!("language={language}")).await;
        let sounds = listed["phonemes"].as_array().unwrap();
        assert!(sounds.len() > 30, "{language}");
        // One is said for every language: saying takes longer than listing.
        let url = sounds.last().unwrap()["audio_example"].as_str().unwrap();
        let path = &url[url.find("/audio/").unwrap()..];
        for _ in 0..2 {
            let file = server.request(Method::GET, path).send().await.unwrap();
            assert_eq!(file.status(), 200, "{language}: {path}");
            assert_eq!(file.headers()["content-type"], "audio/mpeg");
            let sound = decode(&file.bytes().await.unwrap()).unwrap();
            assert!(sound.duration().as_millis() > 150, "{language}: {path}");
        }
    }
    let kept = std::fs::read_dir(audio_dir.path().join("phonemes")).unwrap();
    assert_eq!(kept.count(), 8, "each is said once");

    let path = "/audio/phonemes/ja-0000.mp3";
    assert_eq!(server.request(Method::GET, path).send().await.unwrap().status(), 404);
    for query in ["language=klingon", "native_language=klingon"] {
        let error = server.get(&token, &format!("/v1/voice/phonemes?{query}")).await;
        error.error(400, "INVALID_LANGUAGE");
    }
    server.stop().await;
}

#[actix_web::test]
async fn a_form_without_a_boundary_is_refused() {
    let server = TestServer::start().await;
    let token = server.guest().await;
    let request = server.request(Method::POST, ANALYZE).bearer_auth(&token);
    let request = request.header("content-type", "multipart/form-data").body("");
    Answer::to(request).await.error(400, "INVALID_REQUEST");
    server.stop().await;
}

#[actix_web::test]
async fn a_form_that_breaks_off_is_refused_at_once() {
    let server = TestServer::start().await;
    let token = server.guest().await;
    let whole = "--x\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nBonjour\r\n--x--\r\n";
    for body in [
        "",
        "nothing of the kind",
        "--x",
        "--x\r\nContent-Disp",
        "--x\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\n",
        "--x\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nBon",
        whole.strip_suffix("\n--x--\r\n").unwrap(),
        whole.strip_suffix("--x--\r\n").unwrap(),
        whole.strip_suffix("x--\r\n").unwrap(),
        whole.strip_suffix("-\r\n").unwrap(),
    ] {
        let request = server.request(Method::POST, ANALYZE).bearer_auth(&token);
        let request = request.header("content-type", "multipart/form-data; boundary=x");
        // A reader that waits for more gives up after 15 s, with 408.
        Answer::to(request.body(body)).await.error(400, "INVALID_REQUEST");
    }
    server.stop().await;
}
