//! The icons as an enum: a variant for each committed file.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::{Outcome, sorted, stem};

/// The source of `enum Icon` with what stands inside each `<svg>`.
pub(crate) fn make(folder: &Path) -> Outcome<String> {
    let (mut variants, mut names, mut bodies, mut all) = Default::default();
    let write = |text: &mut String, line: std::fmt::Arguments<'_>| text.write_fmt(line);
    for file in sorted(folder)?.iter().filter(|file| file.extension().is_some_and(|end| end == "svg")) {
        let name = stem(file)?;
        let variant = camel(name);
        let body = body(&fs::read_to_string(file)?).ok_or_else(|| format!("{name}: no <svg> element"))?;
        write(&mut variants, format_args!("/// The icon `{name}`.\n{variant},\n"))?;
        write(&mut names, format_args!("Self::{variant} => {name:?},"))?;
        write(&mut bodies, format_args!("Self::{variant} => {body:?},"))?;
        write(&mut all, format_args!("Self::{variant},"))?;
    }
    Ok(format!(
        "/// An icon of the committed set.\n#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]\npub enum Icon {{ {variants} }}\n\
         impl Icon {{\n/// Every icon, by name.\npub const ALL: &'static [Self] = &[{all}];\n\
         /// The name of its file.\n#[must_use]\npub fn name(self) -> &'static str {{ match self {{ {names} }} }}\n\
         /// What stands inside its `<svg>`.\nfn body(self) -> &'static str {{ match self {{ {bodies} }} }}\n}}\n"
    ))
}

/// What stands between the opening and the closing tag of the outer element, on one line.
fn body(svg: &str) -> Option<String> {
    let inside = svg.split_once("<svg")?.1.split_once('>')?.1.rsplit_once("</svg>")?.0;
    Some(inside.split_whitespace().collect::<Vec<_>>().join(" ").replace(" />", "/>").replace("> <", "><"))
}

/// `arrow-left` as `ArrowLeft`.
fn camel(name: &str) -> String {
    name.split('-')
        .map(|word| word.split_at_checked(1).map_or_else(String::new, |(a, b)| a.to_uppercase() + b))
        .collect()
}
