//! Path patterns of endpoints (wire.md §9.2): `*` is one or more characters without `/`, two or more stars are
//! anything, `\*` is a literal star, and the whole path must match.

use std::fmt;
use std::str::FromStr;

/// A parsed pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathGlob {
    text: String,
    tokens: Vec<Token>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Literal(char),
    Segment,
    Anything,
}

/// Why a text is no pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GlobError {
    /// Longer than [`PathGlob::MAX_CHARS`].
    #[error("a path pattern has more than {max} characters", max = PathGlob::MAX_CHARS)]
    TooLong,
    /// Neither `**` nor starting with `/`.
    #[error("a path pattern is `**` or starts with `/`")]
    Start,
}

impl PathGlob {
    /// Characters that a pattern may have.
    pub const MAX_CHARS: usize = 2048;

    /// `**`.
    #[must_use]
    pub fn anything() -> Self {
        Self { text: "**".to_owned(), tokens: vec![Token::Anything] }
    }

    /// Whether the whole path matches. Takes at most pattern × path steps: no path makes it slow.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        // `alive` holds the positions in the pattern that some prefix of the path has reached.
        let mut alive = vec![false; self.tokens.len() + 1];
        if let Some(first) = alive.first_mut() {
            *first = true;
        }
        self.skip_anything(&mut alive);
        for c in path.chars() {
            let mut next = vec![false; alive.len()];
            for (i, token) in self.tokens.iter().enumerate() {
                if !alive.get(i).copied().unwrap_or(false) {
                    continue;
                }
                let (stay, step) = match token {
                    Token::Literal(l) => (false, *l == c),
                    Token::Segment => (c != '/', c != '/'),
                    Token::Anything => (true, false),
                };
                mark(&mut next, i, stay);
                mark(&mut next, i + 1, step);
            }
            self.skip_anything(&mut next);
            alive = next;
        }
        alive.last().copied().unwrap_or(false)
    }

    /// `**` also matches nothing: whoever stands before it stands behind it too.
    fn skip_anything(&self, alive: &mut [bool]) {
        for (i, token) in self.tokens.iter().enumerate() {
            let here = *token == Token::Anything && alive.get(i).copied().unwrap_or(false);
            mark(alive, i + 1, here);
        }
    }
}

fn mark(alive: &mut [bool], at: usize, on: bool) {
    if let Some(slot) = alive.get_mut(at) {
        *slot |= on;
    }
}

impl FromStr for PathGlob {
    type Err = GlobError;

    fn from_str(s: &str) -> Result<Self, GlobError> {
        if s.chars().count() > Self::MAX_CHARS {
            return Err(GlobError::TooLong);
        }
        if !s.starts_with('/') && s != "**" {
            return Err(GlobError::Start);
        }
        let mut tokens = Vec::new();
        let mut chars = s.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '\\' if chars.peek() == Some(&'*') => {
                    chars.next();
                    tokens.push(Token::Literal('*'));
                }
                '*' => {
                    let mut stars = 1;
                    while chars.next_if_eq(&'*').is_some() {
                        stars += 1;
                    }
                    tokens.push(if stars == 1 { Token::Segment } else { Token::Anything });
                }
                _ => tokens.push(Token::Literal(c)),
            }
        }
        Ok(Self { text: s.to_owned(), tokens })
    }
}

impl fmt::Display for PathGlob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_as_in_the_protocol() {
        let table = [
            ("**", "", true),
            ("**", "/a/b", true),
            ("/a", "/a", true),
            ("/a", "/ab", false),
            ("/a", "/A", false),
            ("/*", "/a", true),
            ("/*", "/", false),
            ("/*", "/a/b", false),
            ("/*/c", "/b/c", true),
            ("/*/c", "/b/b/c", false),
            ("/**", "/", true),
            ("/a/**", "/a/b/c", true),
            ("/a/**", "/a", false),
            ("/a***", "/a/b", true),
            ("/a\\*", "/a*", true),
            ("/a\\*", "/ab", false),
            ("/a*b*c", "/aXbYc", true),
            ("/a*b*c", "/abc", false),
            ("/é*", "/éa", true),
        ];
        for (glob, path, expected) in table {
            assert_eq!(glob.parse::<PathGlob>().unwrap().matches(path), expected, "{glob} {path}");
        }
    }

    #[test]
    fn patterns_are_bounded_and_anchored() {
        assert_eq!("a".parse::<PathGlob>(), Err(GlobError::Start));
        assert_eq!("".parse::<PathGlob>(), Err(GlobError::Start));
        let longest = format!("/{}", "*a".repeat((PathGlob::MAX_CHARS - 1) / 2));
        assert!(longest.parse::<PathGlob>().is_ok());
        assert_eq!(format!("{longest}xx").parse::<PathGlob>(), Err(GlobError::TooLong));
    }

    /// A pattern that makes a backtracking matcher exponential is answered at once.
    #[test]
    fn hostile_patterns_stay_cheap() {
        let glob: PathGlob = format!("/{}b", "*a".repeat(200)).parse().unwrap();
        assert!(!glob.matches(&format!("/{}", "a".repeat(4000))));
    }
}
