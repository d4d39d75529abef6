//! The kinds of values that many endpoints share, with their bounds.

use colloquy_agents::language::Language;
use serde_json::{Value, json};
use utoipa::openapi::schema::{
    AdditionalProperties, AnyOfBuilder, ArrayBuilder, KnownFormat, ObjectBuilder, OneOfBuilder, SchemaFormat, Type,
};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::accounts::scope::Scope;
use crate::clock::Timestamp;

/// A text without NUL, which no database keeps.
const NO_NUL: &str = r"^[^\u0000]*$";
fn string() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

/// Any text at all.
pub(super) fn any_text() -> RefOr<Schema> {
    string().into()
}

/// A text of so many characters.
pub(super) fn text(most: usize) -> RefOr<Schema> {
    string().max_length(Some(most)).pattern(Some(NO_NUL)).into()
}

/// Characters of ASCII that can be seen.
pub(super) fn visible(least: usize, most: usize) -> RefOr<Schema> {
    string()
        .min_length(Some(least))
        .max_length(Some(most))
        .pattern(Some("^[!-~]+$"))
        .into()
}

/// A name that the server gave to something.
pub(super) fn id(example: &str) -> RefOr<Schema> {
    string()
        .min_length(Some(1))
        .max_length(Some(64))
        .pattern(Some("^[A-Za-z0-9_-]+$"))
        .examples([Value::from(example)])
        .into()
}

/// A UUID.
pub(super) fn uuid() -> RefOr<Schema> {
    string()
        .pattern(Some("^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$"))
        .examples([Value::from("123e4567-e89b-42d3-a456-426614174000")])
        .into()
}

/// One of these.
pub(super) fn choice(values: &[&str]) -> RefOr<Schema> {
    string()
        .enum_values(Some(values.iter().map(|value| Value::from(*value))))
        .into()
}

/// A whole number within bounds.
pub(super) fn number(least: i64, most: i64) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(least))
        .maximum(Some(most))
        .into()
}

/// A whole number that can't be too small.
pub(super) fn at_least(least: i64) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(least))
        .maximum(Some(i64::MAX))
        .into()
}

/// Yes or no.
pub(super) fn flag() -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::Boolean).into()
}

/// How many entries of a list are wanted.
pub(super) fn limit(most: i64, usual: i64) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(1))
        .maximum(Some(most))
        .default(Some(json!(usual)))
        .into()
}

/// A language that can be practised: its English name, or its tag with or without a region.
pub(super) fn language() -> RefOr<Schema> {
    let names = string().enum_values(Some(Language::ALL.map(|language| Value::from(language.name()))));
    let tags = Language::ALL.map(Language::tag).join("|");
    let tagged = string()
        .pattern(Some(format!("^({tags})(-[A-Za-z0-9]{{2,8}})?$")))
        .examples([Value::from("fr"), Value::from("fr-CA")]);
    AnyOfBuilder::new()
        .item(names)
        .item(tagged)
        .description(Some(
            "An English name or a BCP-47 tag. Others are refused with INVALID_LANGUAGE.",
        ))
        .into()
}

/// The same, or nothing.
pub(super) fn language_or_blank() -> RefOr<Schema> {
    either(language(), blank())
}

/// Nothing that can be seen.
fn blank() -> RefOr<Schema> {
    string().pattern(Some(r"^\s*$")).into()
}

/// How well somebody speaks: one of three levels, or words that end in one of them. Nothing is as if it were not there.
pub(super) fn level(most: usize) -> RefOr<Schema> {
    let named = string()
        .max_length(Some(most))
        .pattern(Some(
            r"^([^\u0000]*[_ -])?(beginner|elementary|intermediate|advanced|[abc][12])$",
        ))
        .examples([Value::from("intermediate"), Value::from("business_intermediate")]);
    either(named.into(), blank())
}

/// A moment in UTC.
pub(super) fn moment() -> RefOr<Schema> {
    string()
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
        .examples([Value::from("2024-03-15T14:22:00Z")])
        .into()
}

/// A list of at most so many.
pub(super) fn list(item: RefOr<Schema>, most: usize) -> RefOr<Schema> {
    ArrayBuilder::new().items(item).max_items(Some(most)).into()
}

/// That, or null.
pub(super) fn or_null(schema: RefOr<Schema>) -> RefOr<Schema> {
    OneOfBuilder::new()
        .item(ObjectBuilder::new().schema_type(Type::Null))
        .item(schema)
        .into()
}

/// [`language`], by name.
pub(super) struct LanguageName;

impl PartialSchema for LanguageName {
    fn schema() -> RefOr<Schema> {
        language()
    }
}

impl ToSchema for LanguageName {}

/// [`language_or_blank`], by name.
pub(super) struct LanguageOrBlank;

impl PartialSchema for LanguageOrBlank {
    fn schema() -> RefOr<Schema> {
        language_or_blank()
    }
}

impl ToSchema for LanguageOrBlank {}

impl PartialSchema for Timestamp {
    fn schema() -> RefOr<Schema> {
        moment()
    }
}

impl ToSchema for Timestamp {}

/// An object of anything by name.
pub(super) fn anything_named() -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .additional_properties(Some(AdditionalProperties::FreeForm(true)))
        .into()
}

/// The name of a file of sound.
pub(super) fn file() -> RefOr<Schema> {
    string()
        .max_length(Some(68))
        .pattern(Some(r"^[A-Za-z0-9_-]+\.mp3$"))
        .examples([Value::from("response_001.mp3")])
        .into()
}

/// A part of a file, in bytes. What is none is ignored (RFC 9110 section 14.2).
pub(super) fn range() -> RefOr<Schema> {
    string().examples([Value::from("bytes=0-1023")]).into()
}

/// Scopes as a list, or as one text with spaces or commas.
pub(super) fn scopes() -> RefOr<Schema> {
    let names = Scope::ALL.map(Scope::as_str);
    let listed = ArrayBuilder::new().items(choice(&names));
    let any = names.join("|");
    let told = string()
        .pattern(Some(format!("^[ ,]*({any})([ ,]+({any}))*[ ,]*$")))
        .examples([Value::from("read_profile read_progress")]);
    AnyOfBuilder::new().item(listed).item(told).into()
}

/// Where an application is sent back to.
pub(super) fn redirect_uri() -> RefOr<Schema> {
    string()
        .max_length(Some(2000))
        .pattern(Some(r"^[a-z][a-z0-9+.-]*:[!$-;=?-Z_a-z~]+$"))
        .description(Some(
            "An https: URL without a fragment, http: on this machine, or a private scheme such as com.example.app:",
        ))
        .examples([Value::from("https://yourapp.com/callback")])
        .into()
}

/// Where webhooks may be sent.
pub(super) fn destination(most: usize) -> RefOr<Schema> {
    string()
        .max_length(Some(most))
        .pattern(Some(r"^https://[^\s\u0000/?#@\\]+([/?#][^\s\u0000]*)?$"))
        .description(Some("A URL with a public address, and without a user or password."))
        .examples([Value::from("https://hooks.example.com/lingua")])
        .into()
}

/// A list of at least one.
pub(super) fn some(item: RefOr<Schema>) -> RefOr<Schema> {
    ArrayBuilder::new().items(item).min_items(Some(1)).into()
}

/// A list of at least one, and of at most so many.
pub(super) fn some_of(item: RefOr<Schema>, most: usize) -> RefOr<Schema> {
    let list = ArrayBuilder::new().items(item);
    list.min_items(Some(1)).max_items(Some(most)).into()
}

/// `sha256=` and hexadecimal digits.
pub(super) fn signature() -> RefOr<Schema> {
    string().pattern(Some("^sha256=[0-9a-f]{64}$")).into()
}

/// The one or the other.
pub(super) fn either(one: RefOr<Schema>, other: RefOr<Schema>) -> RefOr<Schema> {
    AnyOfBuilder::new().item(one).item(other).into()
}

/// That value and no other.
pub(super) fn exactly(value: Value) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::Boolean)
        .enum_values(Some([value]))
        .into()
}

/// Null.
pub(super) fn null() -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::Null).into()
}

/// A number of seconds, as itself or in digits.
pub(super) fn seconds() -> RefOr<Schema> {
    let number = ObjectBuilder::new()
        .schema_type(Type::Number)
        .minimum(Some(0))
        .maximum(Some(1_000_000_000));
    let digits = string()
        .pattern(Some(r"^[0-9]{1,9}(\.[0-9]{1,9})?$"))
        .examples([Value::from("5.5")]);
    AnyOfBuilder::new().item(number).item(digits).into()
}

/// An opinion score of the E-model.
pub(super) fn score() -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::Number)
        .minimum(Some(1))
        .maximum(Some(4.5))
        .into()
}

/// Where a list goes on.
pub(super) fn cursor() -> RefOr<Schema> {
    string()
        .min_length(Some(1))
        .max_length(Some(400))
        .pattern(Some("^[A-Za-z0-9_-]+$"))
        .into()
}

/// The number of a peer.
pub(super) fn peer() -> RefOr<Schema> {
    string()
        .pattern(Some("^[0-9]{1,18}$"))
        .examples([Value::from("1")])
        .into()
}

/// The name of a file of a page.
pub(super) fn asset() -> RefOr<Schema> {
    string()
        .max_length(Some(64))
        .pattern(Some("^[A-Za-z0-9_-]+\\.[a-z]+$"))
        .into()
}
