//! Makes style sheets and scripts smaller before they are compressed. Used by the build script.
//!
//! Not a general minifier: it takes out comments and white space where our own sources have them, and leaves alone
//! whatever it does not recognise. It renames nothing and moves nothing.

/// A style sheet without comments and without white space that means nothing. Strings and `url(…)` keep theirs.
#[must_use]
pub(crate) fn css(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut chars = source.chars().peekable();
    let mut gap = false;
    while let Some(c) = chars.next() {
        match c {
            '/' if chars.peek() == Some(&'*') => {
                chars.next();
                let mut last = ' ';
                while let Some(next) = chars.next_if(|_| true) {
                    if last == '*' && next == '/' {
                        break;
                    }
                    last = next;
                }
            }
            '"' | '\'' => {
                space(&mut out, &mut gap, c);
                out.push(c);
                let mut escaped = false;
                for next in chars.by_ref() {
                    out.push(next);
                    if next == c && !escaped {
                        break;
                    }
                    escaped = next == '\\' && !escaped;
                }
            }
            c if c.is_ascii_whitespace() => gap = true,
            c => {
                space(&mut out, &mut gap, c);
                if c == '}' && out.ends_with(';') {
                    out.pop();
                }
                out.push(c);
            }
        }
    }
    out
}

/// Writes the white space before `next` if it separates two words.
fn space(out: &mut String, gap: &mut bool, next: char) {
    if !std::mem::take(gap) {
        return;
    }
    let last = out.chars().next_back();
    let glued_before = last.is_none_or(|last| matches!(last, '{' | '}' | ';' | ',' | '>' | ':' | '('));
    let glued_after = matches!(next, '{' | '}' | ';' | ',' | '>' | '!' | ')');
    if !glued_before && !glued_after {
        out.push(' ');
    }
}

/// A script without indentation, blank lines and lines that hold nothing but a `//` comment. Line ends stay, so no
/// statement changes its end. Our sources have no text that spans lines.
#[must_use]
pub(crate) fn js(source: &str) -> String {
    let lines = source.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"));
    lines.flat_map(|line| [line, "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn css_keeps_what_means_something() {
        for (source, expected) in [
            ("a { color : red ; }", "a{color :red}"),
            ("a:hover ,\n b > c { x: 1px }", "a:hover,b>c{x:1px}"),
            ("a :hover { }", "a :hover{}"),
            (".b /* c } */ .d{}", ".b .d{}"),
            ("a::before { content: \"  ; } \\\" x\"; }", "a::before{content:\"  ; } \\\" x\"}"),
            (
                "a { inline-size: calc(1px + 2 * var(--s)) !important; }",
                "a{inline-size:calc(1px + 2 * var(--s))!important}",
            ),
            ("@media (min-width: 48em) and (a: b) { a { b: c } }", "@media (min-width:48em) and (a:b){a{b:c}}"),
            ("a { margin: -1px -2px }", "a{margin:-1px -2px}"),
            ("@layer a, b;\n\n@layer a { b { c: d; } }", "@layer a,b;@layer a{b{c:d}}"),
            ("a { background: url(x.svg) no-repeat }", "a{background:url(x.svg) no-repeat}"),
        ] {
            assert_eq!(css(source), expected, "{source}");
        }
    }

    #[test]
    fn js_loses_comments_and_indentation_only() {
        assert_eq!(js("// a\n\n  let b = 'c // d'\n    e()\n"), "let b = 'c // d'\ne()\n");
    }
}
