//! Makes what the crate embeds, in pure Rust and without network: style sheets and scripts joined, made smaller, named
//! by their content and compressed; icons as an enum; the catalogues as a list. Nothing is fetched: fonts, icons and
//! maps are committed.
#![allow(clippy::print_stdout, reason = "a build script speaks to cargo on standard output")]

#[path = "src/asset/minify.rs"]
mod minify;

#[path = "build/assets.rs"]
mod assets;
#[path = "build/icons.rs"]
mod icons;

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(env::var("OUT_DIR")?);
    for watched in ["assets", "locales", "src/asset/minify.rs", "build", "build.rs"] {
        println!("cargo::rerun-if-changed={watched}");
    }
    assets::make(&root.join("assets"), &out)?;
    fs::write(out.join("icons.rs"), icons::make(&root.join("assets/icons"))?)?;
    fs::write(out.join("catalogues.rs"), catalogues(&root.join("locales"))?)?;
    Ok(())
}

/// A list of `(language, file name, text)` of every catalogue.
fn catalogues(folder: &Path) -> Outcome<String> {
    let mut list = String::from("&[");
    for language in sorted(folder)? {
        for file in sorted(&language)?.into_iter().filter(|file| file.extension().is_some_and(|end| end == "ftl")) {
            let (tag, name) = (stem(&language)?, stem(&file)?);
            write!(list, "(\"{tag}\", \"{name}\", include_str!({:?})),", file.display().to_string())?;
        }
    }
    list.push(']');
    Ok(list)
}

/// The entries of a folder by name.
fn sorted(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder)? {
        entries.push(entry?.path());
    }
    entries.sort();
    Ok(entries)
}

/// The name of a file without its ending.
fn stem(path: &Path) -> Outcome<&str> {
    Ok(path.file_stem().and_then(|name| name.to_str()).ok_or("a file name is not UTF-8")?)
}
