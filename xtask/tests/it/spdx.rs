//! Licence expressions (SPDX 2.3, annex D): may the code be used when only some licences are accepted?

/// Whether some choice that `expression` offers needs accepted licences only. Old crates write `/` for `OR`.
pub(crate) fn satisfied(expression: &str, accepted: &dyn Fn(&str) -> bool) -> Result<bool, String> {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words = spaced.split_whitespace().peekable();
    let verdict = any(&mut words, accepted)?;
    match words.next() {
        None => Ok(verdict),
        Some(word) => Err(format!("unexpected `{word}` in `{expression}`")),
    }
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn any(words: &mut Words<'_>, accepted: &dyn Fn(&str) -> bool) -> Result<bool, String> {
    let mut verdict = all(words, accepted)?;
    while words.next_if_eq(&"OR").is_some() {
        verdict |= all(words, accepted)?;
    }
    Ok(verdict)
}

fn all(words: &mut Words<'_>, accepted: &dyn Fn(&str) -> bool) -> Result<bool, String> {
    let mut verdict = one(words, accepted)?;
    while words.next_if_eq(&"AND").is_some() {
        verdict &= one(words, accepted)?;
    }
    Ok(verdict)
}

fn one(words: &mut Words<'_>, accepted: &dyn Fn(&str) -> bool) -> Result<bool, String> {
    match words.next() {
        Some("(") => {
            let verdict = any(words, accepted)?;
            words.next_if_eq(&")").map(|_| verdict).ok_or_else(|| "missing `)`".to_owned())
        }
        None | Some(")" | "AND" | "OR" | "WITH") => Err("a licence is missing".to_owned()),
        Some(licence) if words.next_if_eq(&"WITH").is_some() => {
            let exception = words.next().ok_or("an exception is missing")?;
            Ok(accepted(&format!("{licence} WITH {exception}")))
        }
        Some(licence) => Ok(accepted(licence)),
    }
}

#[test]
fn expressions() {
    let accepted = |licence: &str| ["MIT", "Apache-2.0", "Zlib"].contains(&licence);
    for (expression, expected) in [
        ("MIT", Ok(true)),
        ("GPL-3.0-only", Ok(false)),
        ("MIT OR GPL-3.0-only", Ok(true)),
        ("GPL-3.0-only/MIT", Ok(true)),
        ("MIT AND GPL-3.0-only", Ok(false)),
        ("GPL-3.0-only OR MIT AND Zlib", Ok(true)),
        ("(GPL-3.0-only OR MIT) AND LGPL-2.1-only", Ok(false)),
        ("(MIT OR Apache-2.0) AND Zlib", Ok(true)),
        ("Apache-2.0 WITH LLVM-exception", Ok(false)),
        ("Apache-2.0 WITH LLVM-exception OR MIT", Ok(true)),
    ] {
        assert_eq!(satisfied(expression, &accepted), expected, "{expression}");
    }
    for broken in ["", "MIT OR", "(MIT", "MIT)", "MIT Zlib", "MIT WITH"] {
        assert!(satisfied(broken, &accepted).is_err(), "{broken}");
    }
}
