//! Random answers against a slow checker that lists every value with its address and asks each path in turn. It
//! reads answers with other means than the code under test: `serde_json`, and its own comparison of paths.

use proptest::prelude::*;
use roxmltree::{Document, Node};
use serde_json::Value;

use super::*;

/// A path as the checker sees it: `*` in the list is an element.
#[derive(Clone, Debug)]
struct Model {
    steps: Vec<String>,
    end: &'static str,
}

fn quoted(step: &str) -> String {
    match step {
        "*" => "*".to_owned(),
        key => format!("\"{}\"", key.trim_start_matches('k').replace('\\', "\\\\").replace('"', "\\\"")),
    }
}

impl Model {
    fn json(&self) -> String {
        let steps: Vec<String> =
            self.steps.iter().map(|s| quoted(s)).chain((!self.end.is_empty()).then(|| "**".into())).collect();
        steps.join(".")
    }

    fn xml(&self) -> String {
        let steps: String = self.steps.iter().map(|s| format!("/{s}")).collect();
        format!("{steps}{}{}", if self.end.is_empty() { "" } else { "/" }, self.end)
    }

    /// Whether it allows one value at this address.
    fn allows(&self, address: &[String]) -> bool {
        match self.end {
            "**" => address.starts_with(&self.steps),
            _ => address == self.steps,
        }
    }

    fn leads_over(&self, address: &[String]) -> bool {
        self.steps.starts_with(address) || self.end == "**" && address.starts_with(&self.steps)
    }
}

/// Keys start with `k` in addresses, so that none is taken for `*`.
fn scalars(value: &Value, address: &mut Vec<String>, found: &mut Vec<(Vec<String>, Option<String>)>) {
    match value {
        Value::Object(members) => {
            found.push((address.clone(), None));
            for (key, value) in members {
                address.push(format!("k{key}"));
                scalars(value, address, found);
                address.pop();
            }
        }
        Value::Array(elements) => {
            found.push((address.clone(), None));
            for value in elements {
                address.push("*".to_owned());
                scalars(value, address, found);
                address.pop();
            }
        }
        scalar => found.push((address.clone(), Some(scalar.to_string()))),
    }
}

fn listed(value: &Value) -> Vec<(Vec<String>, Option<String>)> {
    let mut found = Vec::new();
    scalars(value, &mut Vec::new(), &mut found);
    found
}

const KEYS: [&str; 8] = ["a", "b", "c", "a.b", "*", "", "__proto__", "é\"\\"];

fn values() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,6}".prop_map(Value::from),
    ];
    scalar.prop_recursive(5, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(prop::sample::select(&KEYS[..]), inner, 0..5)
                .prop_map(|m| Value::Object(m.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())),
        ]
    })
}

fn models() -> impl Strategy<Value = Vec<Model>> {
    let step =
        prop_oneof![2 => Just("*".to_owned()), 5 => prop::sample::select(&KEYS[..]).prop_map(|k| format!("k{k}"))];
    let model = (prop::collection::vec(step, 1..5), prop::sample::select(&["", "", "", "**"][..]));
    prop::collection::vec(model.prop_map(|(steps, end)| Model { steps, end }), 0..6)
}

/// The text of a value with every letter of its keys and strings escaped.
fn escaped(value: &Value) -> String {
    let text = serde_json::to_string_pretty(value).unwrap();
    let (mut inside, mut skip, mut out) = (false, 0, String::new());
    for c in text.chars() {
        match c {
            'u' if skip == 1 => skip = 4,
            _ if skip > 0 => skip -= 1,
            '"' => inside = !inside,
            '\\' => skip = 1,
            c if inside && c.is_ascii_lowercase() => {
                out += &format!("\\u{:04X}", u32::from(c));
                continue;
            }
            _ => {}
        }
        out.push(c);
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn of_json_what_remains_is_what_is_allowed(value in values(), models in models(), spelled: bool) {
        let allowed = FieldSet { allowed: models.iter().map(|m| m.json().parse().unwrap()).collect(), excess: Excess::Remove };
        let body = if spelled { escaped(&value) } else { value.to_string() };
        let is_allowed = |a: &[String]| models.iter().any(|m| m.allows(a));
        let expected: Vec<_> = listed(&value).into_iter().filter(|(a, v)| v.is_some() && is_allowed(a)).collect();
        match reduce_json(body.as_bytes(), &allowed) {
            Ok(reduced) => {
                let left: Value = serde_json::from_slice(&reduced.body).unwrap();
                let left = listed(&left);
                for (address, _) in left.iter().filter(|(_, v)| v.is_none()) {
                    prop_assert!(models.iter().any(|m| m.leads_over(address)), "{address:?}");
                }
                prop_assert_eq!(left.into_iter().filter(|(_, v)| v.is_some()).collect::<Vec<_>>(), expected);
                let again = reduce_json(&reduced.body, &allowed);
                prop_assert_eq!(again, Ok(Reduced { removed: 0, ..reduced.clone() }));
                let refused = reduce_json(body.as_bytes(), &FieldSet { excess: Excess::Refuse, ..allowed });
                prop_assert_eq!(refused.is_ok(), reduced.removed == 0);
            }
            Err(error) => {
                prop_assert_eq!(error, MinimiseError::NothingAllowed);
                prop_assert!(expected.is_empty());
            }
        }
    }

    #[test]
    fn no_octets_make_it_fall(body in prop::collection::vec(prop_oneof![prop::sample::select(&b"{}[]\",:\\u0a1-.e <>/='&!?"[..]), any::<u8>()], 0..40)) {
        let set = set(&["a.*", "/a/**"], Excess::Remove);
        if let Ok(reduced) = reduce_json(&body, &set) {
            prop_assert!(serde_json::from_slice::<Value>(&reduced.body).is_ok());
        }
        if let Ok(reduced) = reduce_xml(&body, &set) {
            prop_assert!(Document::parse(std::str::from_utf8(&reduced.body).unwrap()).is_ok());
        }
    }

    /// What serde_json refuses is refused too, and the other way round but for what JSON leaves open.
    #[test]
    fn two_readers_agree(body in "[{}\\[\\],:\"a1 .e0tru-]{0,14}") {
        let all = set(&["**"], Excess::Remove);
        match (reduce_json(body.as_bytes(), &all), serde_json::from_str::<Value>(&body)) {
            (Ok(reduced), Ok(value)) => prop_assert_eq!(serde_json::from_slice::<Value>(&reduced.body).unwrap(), value),
            (Err(_), Err(_)) | (Err(MinimiseError::Json { why: JsonFault::DuplicateKey, .. }), Ok(_)) => {}
            (Ok(_), Err(error)) => prop_assert!(error.to_string().contains("out of range"), "{}", error),
            (mine, other) => prop_assert!(false, "{mine:?} {other:?}"),
        }
    }
}

/// An element of a random document.
#[derive(Clone, Debug)]
struct Element {
    name: &'static str,
    attributes: Vec<(&'static str, String)>,
    content: Vec<Result<Element, String>>,
}

/// Prefix `p` means one thing outside `q:` elements and another within.
const NAMES: [&str; 6] = ["a", "b", "p:a", "q:a", "p:b", "a"];

fn elements() -> impl Strategy<Value = Element> {
    let attributes = prop::collection::btree_map(prop::sample::select(&["x", "y", "p:x"][..]), "[ -~é]{0,4}", 0..3);
    let leaf =
        (prop::sample::select(&NAMES[..]), attributes, prop::option::of("[ -~é]{0,6}")).prop_map(|(name, a, t)| {
            Element { name, attributes: a.into_iter().collect(), content: t.map(Err).into_iter().collect() }
        });
    leaf.prop_recursive(4, 30, 4, |inner| {
        let text = prop_oneof![3 => Just(" \n".to_owned()), 1 => "[ -~é]{0,6}"];
        let part = prop_oneof![3 => inner.clone().prop_map(Ok), 1 => text.prop_map(Err)];
        (inner, prop::collection::vec(part, 0..4)).prop_map(|(outer, content)| Element { content, ..outer })
    })
}

fn written(element: &Element, top: bool, out: &mut String) {
    let Element { name, attributes, content } = element;
    *out += &format!("<{name}");
    if top {
        *out += " xmlns:p='urn:p' xmlns:q='urn:q'";
    } else if *name == "q:a" {
        *out += " xmlns:p='urn:other'";
    }
    for (name, value) in attributes {
        *out += &format!(" {name}=\"{}\"", simpul_wire::xml::escape_attr(value));
    }
    *out += ">";
    for part in content {
        match part {
            Ok(child) => written(child, false, out),
            Err(text) => *out += &simpul_wire::xml::escape_text(text),
        }
    }
    *out += &format!("</{name}>");
}

fn name(namespace: Option<&str>, local: &str) -> String {
    namespace.map_or(local.to_owned(), |n| format!("{{{n}}}{local}"))
}

/// Every element, text and attribute with its address; the text of an element that may not have any is marked.
fn inventory(node: Node<'_, '_>, address: &mut Vec<String>, found: &mut Vec<(Vec<String>, &'static str, String)>) {
    address.push(name(node.tag_name().namespace(), node.tag_name().name()));
    found.push((address.clone(), "element", String::new()));
    for attribute in node.attributes() {
        let full = name(attribute.namespace(), attribute.name());
        found.push((address.clone(), "attribute", format!("@{full}={}", attribute.value())));
    }
    let text: String = node.children().filter(|n| n.is_text()).filter_map(|n| n.text()).collect();
    if !text.trim_matches([' ', '\n', '\t', '\r']).is_empty() {
        let kind = if node.children().any(|n| n.is_element()) { "mixed" } else { "text" };
        found.push((address.clone(), kind, text));
    }
    for child in node.children().filter(Node::is_element) {
        inventory(child, address, found);
    }
    address.pop();
}

fn xml_models() -> impl Strategy<Value = Vec<Model>> {
    let step = prop::sample::select(&["a", "a", "b", "{urn:p}a", "{urn:q}a", "{urn:p}b", "{urn:other}a"][..]);
    let end = prop::sample::select(&["", "", "**", "@x", "@{urn:p}x"][..]);
    let model = (prop::collection::vec(step.prop_map(str::to_owned), 1..5), end);
    prop::collection::vec(model.prop_map(|(steps, end)| Model { steps, end }), 0..7)
}

fn permits(models: &[Model], (address, kind, value): &(Vec<String>, &'static str, String)) -> bool {
    models.iter().any(|m| match (*kind, m.end) {
        (_, "**") => address.starts_with(&m.steps),
        ("attribute", end) => {
            *address == m.steps && value.split_once('=').is_some_and(|(n, _)| !end.is_empty() && n == end)
        }
        ("text", "") => *address == m.steps,
        _ => false,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn of_xml_what_remains_is_what_is_allowed(root in elements(), models in xml_models()) {
        let mut body = String::new();
        written(&root, true, &mut body);
        let list = |text: &str| {
            let document = Document::parse(text).unwrap();
            let mut found = Vec::new();
            inventory(document.root_element(), &mut Vec::new(), &mut found);
            found
        };
        let allowed = FieldSet { allowed: models.iter().map(|m| m.xml().parse().unwrap()).collect(), excess: Excess::Remove };
        let expected: Vec<_> = list(&body).into_iter().filter(|f| f.1 != "element" && permits(&models, f)).collect();
        match reduce_xml(body.as_bytes(), &allowed) {
            Ok(reduced) => {
                let left = list(std::str::from_utf8(&reduced.body).unwrap());
                for (address, ..) in left.iter().filter(|f| f.1 == "element") {
                    prop_assert!(models.iter().any(|m| m.leads_over(address)), "{address:?}");
                }
                prop_assert_eq!(left.into_iter().filter(|f| f.1 != "element").collect::<Vec<_>>(), expected);
                let again = reduce_xml(&reduced.body, &allowed);
                prop_assert_eq!(again, Ok(Reduced { removed: 0, ..reduced.clone() }));
            }
            Err(error) => {
                prop_assert_eq!(error, MinimiseError::NothingAllowed);
                prop_assert!(expected.is_empty());
            }
        }
    }
}
