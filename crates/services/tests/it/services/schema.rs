//! The published schema is that of the code, and knows the members that documents have.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use simpul_services::catalogue::schema;

use super::ground::{DIPLOMA, RESIDENCE, TAX, WHOLE};

#[test]
fn the_published_schema_is_that_of_the_code() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/schema/service.schema.json");
    let published = std::fs::read_to_string(path).unwrap_or_default();
    if published != schema::published() && std::env::var_os("SIMPUL_WRITE_SCHEMA").is_some() {
        std::fs::write(path, schema::published()).unwrap();
        return;
    }
    assert_eq!(published, schema::published(), "run this test with SIMPUL_WRITE_SCHEMA=1");
}

/// Four documents have every member between them, and the reader refuses what it does not know: so reader, documents
/// and schema know the same names.
#[test]
fn schema_and_documents_know_the_same_members() {
    let schema = schema::document();
    let mut used = BTreeMap::<String, BTreeSet<String>>::new();
    for text in [WHOLE, DIPLOMA, RESIDENCE, TAX] {
        let value: Value = toml::from_str(text).unwrap();
        collect("", &schema, &value, &schema, &mut used);
    }
    // A fee of one amount is in no sample.
    used.get_mut("fee").unwrap().insert("amount".to_owned());
    let names = |schema: &Value| schema["properties"].as_object().map(|p| p.keys().cloned().collect::<BTreeSet<_>>());
    assert_eq!(used[""], names(&schema).unwrap());
    for (definition, schema) in schema["$defs"].as_object().unwrap() {
        if let Some(names) = names(schema) {
            assert_eq!(used.get(definition), Some(&names), "{definition}");
        }
    }
}

fn collect(name: &str, schema: &Value, value: &Value, root: &Value, used: &mut BTreeMap<String, BTreeSet<String>>) {
    if let Some(target) = schema["$ref"].as_str() {
        let definition = target.rsplit('/').next().unwrap();
        return collect(definition, &root["$defs"][definition], value, root, used);
    }
    match value {
        Value::Object(members) => {
            for required in schema["required"].as_array().unwrap() {
                assert!(members.contains_key(required.as_str().unwrap()), "{name} has no {required}");
            }
            for (member, inner) in members {
                used.entry(name.to_owned()).or_default().insert(member.clone());
                collect(name, &schema["properties"][member], inner, root, used);
            }
        }
        Value::Array(items) => {
            let inside = |bound: &str, most: bool| {
                schema[bound]
                    .as_u64()
                    .is_none_or(|n| if most { items.len() as u64 <= n } else { items.len() as u64 >= n })
            };
            assert!(inside("maxItems", true) && inside("minItems", false), "{name}: {value}");
            items.iter().for_each(|item| collect(name, &schema["items"], item, root, used));
        }
        other => {
            assert!(!schema.is_null(), "{name}: {value}");
            if let Some(allowed) = schema["enum"].as_array() {
                assert!(allowed.contains(other), "{name}: {value}");
            }
        }
    }
}
