//! Where in the file the values stand that a reason names.

/// The line, from 1, of the first `key = value` in a reason: in the table that the reason begins with, `[name]` or
/// `[[name]]`, where all its values stand together; anywhere, if it begins with none.
pub(super) fn line_of(text: &str, why: &str) -> Option<usize> {
    let header = why.split_once("] ").map(|(head, _)| format!("{head}]")).filter(|head| head.starts_with('['));
    let pairs = pairs(why);
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let starts = lines.iter().enumerate().filter(|(_, line)| line.starts_with('[')).map(|(n, _)| n);
    let mut bounds: Vec<usize> = std::iter::once(0).chain(starts).chain([lines.len()]).collect();
    bounds.dedup();
    bounds.windows(2).find_map(|ends| {
        let [from, to] = *ends else { return None };
        let table = lines.get(from..to)?;
        if header.as_ref().is_some_and(|header| table.first() != Some(&header.as_str())) {
            return None;
        }
        let place = |(key, value): &(&str, &str)| table.iter().position(|line| says(line, key, value));
        let places: Option<Vec<usize>> = pairs.iter().map(place).collect();
        places?.first().map(|n| from + n + 1)
    })
}

/// The keys and values in a reason, before the colon that ends them.
fn pairs(why: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut rest = why;
    while let Some((before, after)) = rest.split_once(" = ") {
        let key = before.rsplit(' ').next().unwrap_or_default();
        let end = match after.strip_prefix('"') {
            Some(quoted) => quoted.find('"').map_or(after.len(), |n| n + 2),
            None => after.find([',', ':', ' ']).unwrap_or(after.len()),
        };
        let Some((value, tail)) = after.split_at_checked(end) else { break };
        found.push((key, value));
        // What is said after a colon explains; it names values of other places too.
        if !tail.starts_with(',') {
            break;
        }
        rest = tail;
    }
    found
}

fn says(line: &str, key: &str, value: &str) -> bool {
    line.split_once('=').is_some_and(|(k, v)| k.trim() == key && v.trim().starts_with(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_that_of_the_table_that_is_meant() {
        let text = "a = \"1\"\n[[s.x]]\np = \"A\"\nq = \"1\"\n\n[[s.y]]\np = \"A\"\n  q  =  \"2\"  # why\n[s]\nn = 0\n";
        let table = [
            ("a = \"1\": wrong", Some(1)),
            ("[[s.y]] p = \"A\", q = \"2\": no z = \"3\"", Some(7)),
            ("[[s.x]] q = \"1\": wrong", Some(4)),
            ("[[s.x]] p = \"A\", q = \"2\": not together", None),
            ("[s] n = 0: must be more", Some(10)),
            ("n = 0: must be more", Some(10)),
            ("no role: one of the sections is needed", None),
        ];
        for (why, line) in table {
            assert_eq!(line_of(text, why), line, "{why}");
        }
    }
}
