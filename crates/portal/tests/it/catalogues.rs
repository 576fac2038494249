//! The catalogues and the sources: the same keys with the same variables in both languages, nothing missing, nothing
//! that no source uses.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};

fn crate_root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, end));
        } else if path.extension().is_some_and(|e| e == end) {
            found.push(path);
        }
    }
    found
}

/// Keys of a language with their variables.
fn catalogue(lang: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut keys = BTreeMap::new();
    for file in files(&crate_root().join("locales").join(lang), "ftl") {
        let text = fs::read_to_string(&file).unwrap();
        let resource =
            fluent_syntax::parser::parse(text).unwrap_or_else(|(_, errors)| panic!("{}: {errors:?}", file.display()));
        for entry in resource.body {
            match entry {
                Entry::Message(message) => {
                    let mut variables = BTreeSet::new();
                    in_pattern(message.value.as_ref().unwrap(), &mut variables);
                    assert!(message.attributes.is_empty(), "{}: attributes are not used", message.id.name);
                    assert!(keys.insert(message.id.name.clone(), variables).is_none(), "{} twice", message.id.name);
                }
                Entry::Comment(_) | Entry::GroupComment(_) | Entry::ResourceComment(_) => {}
                other => panic!("{}: {other:?}", file.display()),
            }
        }
    }
    assert!(!keys.is_empty());
    keys
}

fn in_pattern(pattern: &Pattern<String>, found: &mut BTreeSet<String>) {
    for element in &pattern.elements {
        if let PatternElement::Placeable { expression } = element {
            match expression {
                Expression::Inline(inline) => in_inline(inline, found),
                Expression::Select { selector, variants } => {
                    in_inline(selector, found);
                    variants.iter().for_each(|variant| in_pattern(&variant.value, found));
                }
            }
        }
    }
}

fn in_inline(inline: &InlineExpression<String>, found: &mut BTreeSet<String>) {
    match inline {
        InlineExpression::VariableReference { id } => {
            found.insert(id.name.clone());
        }
        InlineExpression::StringLiteral { .. } | InlineExpression::NumberLiteral { .. } => {}
        other => panic!("{other:?}: the catalogues have variables and plurals only"),
    }
}

/// The program parts of the sources, tests left out.
fn sources() -> Vec<(PathBuf, String)> {
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        let program = text.split("#[cfg(test)]\nmod tests {").next().unwrap().to_owned();
        (path, program)
    };
    files(&crate_root().join("src"), "rs").into_iter().map(read).collect()
}

/// Uses of `text!(locale, "key", a = …, b = …)`: key and names of variables.
fn uses(source: &str) -> Vec<(String, BTreeSet<String>)> {
    let mut found = Vec::new();
    for rest in source.split("text!(").skip(1) {
        let arguments = top_level(rest);
        let Some(key) = arguments.get(1).map(|key| key.trim()).filter(|key| key.starts_with('"')) else { continue };
        let names = arguments.iter().skip(2).filter_map(|argument| Some(argument.split_once('=')?.0.trim().to_owned()));
        found.push((key.trim_matches('"').to_owned(), names.collect()));
    }
    found
}

/// The arguments of a call, up to its closing parenthesis.
fn top_level(rest: &str) -> Vec<String> {
    let (mut depth, mut quoted, mut arguments) = (0, false, vec![String::new()]);
    for c in rest.chars() {
        match c {
            '"' => quoted = !quoted,
            '(' | '[' | '{' if !quoted => depth += 1,
            ')' | ']' | '}' if !quoted && depth == 0 => break,
            ')' | ']' | '}' if !quoted => depth -= 1,
            ',' if !quoted && depth == 0 => {
                arguments.push(String::new());
                continue;
            }
            _ => {}
        }
        arguments.last_mut().unwrap().push(c);
    }
    arguments.retain(|argument| !argument.trim().is_empty());
    arguments
}

#[test]
fn uses_are_seen() {
    let seen = uses("(text!(l, \"a\")) text!(self.locale(), \"b\", n = f(1, 2), when = x) text!($l, $key)");
    let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(seen, [("a".to_owned(), names(&[])), ("b".to_owned(), names(&["n", "when"]))]);
}

#[test]
fn both_languages_have_the_same_keys_with_the_same_variables() {
    let (id, en) = (catalogue("id"), catalogue("en"));
    let only = |a: &BTreeMap<String, _>, b: &BTreeMap<String, _>| {
        a.keys().filter(|key| !b.contains_key(*key)).cloned().collect::<Vec<_>>()
    };
    assert_eq!(only(&id, &en), Vec::<String>::new(), "in Indonesian alone");
    assert_eq!(only(&en, &id), Vec::<String>::new(), "in English alone");
    for (key, variables) in &id {
        assert_eq!(Some(variables), en.get(key), "{key}");
    }
    for (key, variables) in catalogue("ar") {
        assert_eq!(en.get(&key), Some(&variables), "{key}: the Arabic frame says what the others say");
    }
}

#[test]
fn every_key_that_is_used_exists_with_its_variables() {
    let keys = catalogue("id");
    let mut count = 0;
    for (path, source) in sources() {
        for (key, variables) in uses(&source) {
            count += 1;
            assert_eq!(keys.get(&key), Some(&variables), "{}: {key}", path.display());
        }
    }
    assert!(count > 80, "the sources were read: {count}");
}

#[test]
fn no_key_is_unused() {
    let all: String = sources().into_iter().map(|(_, source)| source).collect();
    let unused: Vec<_> = catalogue("id").into_keys().filter(|key| !all.contains(&format!("\"{key}\""))).collect();
    assert!(unused.is_empty(), "no source says {unused:?}");
}

#[test]
fn keys_of_places_exist() {
    let keys = catalogue("id");
    for menu in [simpul_portal::shell::PORTAL, simpul_portal::shell::DESK, simpul_portal::shell::CONSOLE] {
        for place in menu {
            assert!(keys.contains_key(place.text), "{}", place.text);
            assert!(place.group.is_none_or(|group| keys.contains_key(group)), "{:?}", place.group);
        }
    }
}

#[test]
fn texts_are_plain() {
    for lang in ["id", "en", "ar"] {
        for file in files(&crate_root().join("locales").join(lang), "ftl") {
            let text = fs::read_to_string(&file).unwrap();
            for word in ["<", ">", "  ", "lorem", "Lorem", "TBD", "xxx", " – ", "—"] {
                let found = text.lines().find(|line| line.trim_start().contains(word) && !line.contains("->"));
                assert!(found.is_none(), "{}: `{word}` in {found:?}", file.display());
            }
        }
    }
}
