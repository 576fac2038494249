//! The sheet of a brand: its colours in the layer of the tokens, so that nothing else has to know of them.

use super::document::Read;

/// The sheet, or `None` when nothing is changed. It holds nothing but names from a closed list and checked colours.
pub(super) fn overrides(read: &Read) -> Option<String> {
    let colours = read.colours.iter().map(|(name, colour)| format!("--{name}:{colour}"));
    let flag = read.flag.iter().enumerate().map(|(i, colour)| format!("--flag-{}:{colour}", i + 1));
    let lines: Vec<String> = colours.chain(flag).collect();
    (!lines.is_empty()).then(|| format!("@layer tokens{{:root{{{}}}}}", lines.join(";")))
}
