//! What providers say in the body of a refusal.

use serde_json::Value;

/// What an error body says: OpenAI's and Google's `{"error": {"message"}}`, of which Google streams a list, ElevenLabs'
/// `{"detail": {"message"}}`, the first of FastAPI's `{"detail": [{"msg"}]}`, Deepgram's `{"err_msg"}`, Cerebras' `{"message"}`,
/// or `{"error"}`, `{"detail"}` of others.
pub(super) fn complaint(body: &Value) -> Option<String> {
    let said = [
        &body["error"]["message"],
        &body["error"],
        &body[0]["error"]["message"],
        &body["err_msg"],
        &body["detail"]["message"],
        &body["detail"][0]["msg"],
        &body["detail"],
        &body["message"],
    ];
    said.into_iter().find_map(Value::as_str).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn every_providers_way_to_complain_is_understood() {
        for (body, said) in [
            (json!({"error": {"message": "a", "type": "x"}}), Some("a")),
            (json!({"error": "a"}), Some("a")),
            (
                json!({"detail": {"status": "invalid_api_key", "message": "a"}}),
                Some("a"),
            ),
            (
                json!({"detail": [{"loc": ["body", "text"], "msg": "a", "type": "missing"}]}),
                Some("a"),
            ),
            (json!({"detail": "a"}), Some("a")),
            (json!({"message": "a"}), Some("a")),
            (
                json!({"message": "a", "type": "too_many_requests_error", "param": "quota", "code": "request_quota_exceeded"}),
                Some("a"),
            ),
            (
                json!({"err_code": "INVALID_AUTH", "err_msg": "a", "request_id": "x"}),
                Some("a"),
            ),
            (json!([{"error": {"code": 400, "message": "a"}}]), Some("a")),
            (json!({"detail": []}), None),
            (json!(["a"]), None),
            (json!(null), None),
        ] {
            assert_eq!(complaint(&body).as_deref(), said, "{body}");
        }
    }

    proptest! {
        #[test]
        fn any_body_is_searched_for_a_complaint(text: String, shape in 0usize..6) {
            let body = [
                json!(text),
                json!([text]),
                json!({"error": [text]}),
                json!({"detail": [{"msg": text}]}),
                json!({"detail": {"message": [text]}}),
                json!({"message": {"error": text}}),
            ];
            let _ = complaint(&body[shape]);
        }
    }
}
