//! Files that browsers load: joined, made smaller, named by their content, compressed.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::{Outcome, minify, sorted};

/// Files that a style sheet names. They come first, so that their own names are known.
const PLAIN: [&str; 3] = ["fonts/plus-jakarta-sans.woff2", "images/kawung.svg", "images/mark.svg"];

/// Style sheets: what the file is called, and the folders whose sheets are joined in order of name.
const SHEETS: [(&str, &[&str]); 2] = [
    ("core.css", &["css/1-tokens", "css/2-base", "css/3-components", "css/4-page", "css/5-print"]),
    ("console.css", &["css/console"]),
];

/// One file as it is embedded.
struct Made {
    /// How sources call it: `core.css`.
    name: String,
    /// How browsers call it: `core.0123456789ab.css`.
    hashed: String,
    digest: String,
    mime: &'static str,
    size: usize,
    compressed: bool,
}

/// Writes every file into `out`, and the list of them as `assets.rs`.
pub(crate) fn make(assets: &Path, out: &Path) -> Outcome<()> {
    let mut made = Vec::new();
    for path in PLAIN {
        let name = path.rsplit('/').next().unwrap_or(path);
        made.push(one(name, &fs::read(assets.join(path))?, out)?);
    }
    for (name, folders) in SHEETS {
        let mut sheet = String::new();
        for folder in folders {
            for file in sorted(&assets.join(folder))? {
                sheet.push_str(&fs::read_to_string(file)?);
            }
        }
        let sheet = with_names(&minify::css(&sheet), &made)?;
        made.push(one(name, sheet.as_bytes(), out)?);
    }
    let mut script = String::new();
    for file in sorted(&assets.join("js"))? {
        script.push_str(&fs::read_to_string(file)?);
    }
    made.push(one("simpul.js", minify::js(&script).as_bytes(), out)?);
    let mut list = String::from("&[");
    for file in made {
        let Made { name, hashed, digest, mime, size, compressed } = file;
        let part = |end: &str| format!("include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{hashed}{end}\"))");
        let other = |end: &str| if compressed { format!("Some({})", part(end)) } else { "None".to_owned() };
        write!(
            list,
            "Asset {{ name: {name:?}, file: {hashed:?}, etag: \"\\\"{digest}\\\"\", mime: {mime:?}, size: {size}, \
             plain: {}, gzip: {}, brotli: {} }},",
            part(""),
            other(".gz"),
            other(".br"),
        )?;
    }
    list.push(']');
    fs::write(out.join("assets.rs"), list)?;
    Ok(())
}

/// Puts the names of browsers where a sheet says `url(asset:name)`.
fn with_names(sheet: &str, made: &[Made]) -> Outcome<String> {
    let sheet = made.iter().fold(sheet.to_owned(), |sheet, file| {
        sheet.replace(&format!("url(asset:{})", file.name), &format!("url({})", file.hashed))
    });
    if sheet.contains("asset:") { Err("a style sheet names a file that is not there".into()) } else { Ok(sheet) }
}

fn one(name: &str, content: &[u8], out: &Path) -> Outcome<Made> {
    let digest: String =
        Sha256::digest(content).iter().take(6).fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    let (stem, end) = name.rsplit_once('.').ok_or("a file without an ending")?;
    let hashed = format!("{stem}.{digest}.{end}");
    let (mime, compressed) = match end {
        "css" => ("text/css; charset=utf-8", true),
        "js" => ("text/javascript; charset=utf-8", true),
        "svg" => ("image/svg+xml", true),
        "woff2" => ("font/woff2", false),
        _ => return Err(format!("{name}: unknown kind of file").into()),
    };
    fs::write(out.join(&hashed), content)?;
    if compressed {
        fs::write(out.join(format!("{hashed}.br")), brotli(content)?)?;
        fs::write(out.join(format!("{hashed}.gz")), gzip(content)?)?;
    }
    Ok(Made { name: name.to_owned(), hashed, digest, mime, size: content.len(), compressed })
}

fn brotli(content: &[u8]) -> Outcome<Vec<u8>> {
    let mut packed = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut packed, 4096, 11, 22);
    writer.write_all(content)?;
    drop(writer);
    Ok(packed)
}

fn gzip(content: &[u8]) -> Outcome<Vec<u8>> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    writer.write_all(content)?;
    Ok(writer.finish()?)
}
