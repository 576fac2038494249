//! A mark: an SVG that can be seen and do nothing else. It is read against a closed list and written anew, so what
//! browsers get is what was checked.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use simpul_core::limits;

/// A checked mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark(String);

/// Why a mark is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MarkError {
    /// Too many octets.
    #[error("it has {0} octets, more than {max}", max = limits::BRAND_MARK)]
    TooLarge(usize),
    /// Too many elements.
    #[error("it has more than {max} elements", max = limits::BRAND_MARK_ELEMENTS)]
    TooMany,
    /// Not XML, or not one `svg` element.
    #[error("it is not one well-formed svg element")]
    NotSvg,
    /// An element that is not on the list.
    #[error("the element `{0}` is not on the list")]
    Element(String),
    /// An attribute that is not on the list, or a value that could name something elsewhere.
    #[error("the attribute `{0}` is not on the list, or its value is not plain")]
    Attribute(String),
    /// A declaration, an instruction, a reference or text.
    #[error("it holds something else than elements")]
    Other,
}

const ELEMENTS: [&str; 13] = [
    "svg",
    "g",
    "path",
    "circle",
    "ellipse",
    "rect",
    "line",
    "polyline",
    "polygon",
    "defs",
    "linearGradient",
    "radialGradient",
    "stop",
];

const ATTRIBUTES: [&str; 39] = [
    "xmlns",
    "viewBox",
    "width",
    "height",
    "id",
    "d",
    "x",
    "y",
    "x1",
    "x2",
    "y1",
    "y2",
    "cx",
    "cy",
    "r",
    "rx",
    "ry",
    "fx",
    "fy",
    "points",
    "transform",
    "fill",
    "fill-rule",
    "fill-opacity",
    "stroke",
    "stroke-width",
    "stroke-linecap",
    "stroke-linejoin",
    "stroke-opacity",
    "stroke-dasharray",
    "stroke-miterlimit",
    "clip-rule",
    "opacity",
    "offset",
    "stop-color",
    "stop-opacity",
    "gradientUnits",
    "gradientTransform",
    "spreadMethod",
];

impl Mark {
    /// From the text of an SVG file.
    ///
    /// # Errors
    /// When it is larger than [`limits::BRAND_MARK`], is not one `svg` element, or holds anything that is not on the
    /// lists: no script, style, link, image, foreign object, handler, declaration or comment.
    pub fn new(source: &str) -> Result<Self, MarkError> {
        if source.len() > limits::BRAND_MARK {
            return Err(MarkError::TooLarge(source.len()));
        }
        let mut reader = Reader::from_str(source);
        let mut out = String::with_capacity(source.len());
        let mut open: Vec<String> = Vec::new();
        let mut count = 0;
        let mut closed = false;
        loop {
            match reader.read_event().map_err(|_| MarkError::NotSvg)? {
                Event::Start(start) => {
                    let name = element(&start, &mut out, &mut count, open.is_empty(), closed)?;
                    out.push('>');
                    open.push(name);
                }
                Event::Empty(start) => {
                    let root = open.is_empty();
                    element(&start, &mut out, &mut count, root, closed)?;
                    out.push_str("/>");
                    closed |= root;
                }
                Event::End(_) => {
                    let name = open.pop().ok_or(MarkError::NotSvg)?;
                    out.push_str(&format!("</{name}>"));
                    closed |= open.is_empty();
                }
                Event::Text(text) if text.iter().all(u8::is_ascii_whitespace) => {}
                Event::Decl(_) if out.is_empty() => {}
                Event::Eof if closed && open.is_empty() => return Ok(Self(out)),
                Event::Eof => return Err(MarkError::NotSvg),
                _ => return Err(MarkError::Other),
            }
        }
    }

    /// The SVG.
    #[must_use]
    pub fn into_text(self) -> String {
        self.0
    }
}

fn element(
    start: &BytesStart<'_>,
    out: &mut String,
    count: &mut usize,
    root: bool,
    closed: bool,
) -> Result<String, MarkError> {
    let name = String::from_utf8_lossy(start.name().as_ref()).into_owned();
    if root && (name != "svg" || closed) {
        return Err(MarkError::NotSvg);
    }
    if !ELEMENTS.contains(&name.as_str()) || (!root && name == "svg") {
        return Err(MarkError::Element(name));
    }
    *count += 1;
    if *count > limits::BRAND_MARK_ELEMENTS {
        return Err(MarkError::TooMany);
    }
    out.push('<');
    out.push_str(&name);
    let mut has_space = false;
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|_| MarkError::NotSvg)?;
        let key = String::from_utf8_lossy(attribute.key.as_ref()).into_owned();
        let value = String::from_utf8_lossy(&attribute.value).into_owned();
        let allowed = match key.as_str() {
            "xmlns" => value == SVG,
            known => ATTRIBUTES.contains(&known) && is_plain(&value),
        };
        if !allowed {
            return Err(MarkError::Attribute(key));
        }
        has_space |= key == "xmlns";
        out.push_str(&format!(" {key}=\"{value}\""));
    }
    if root && !has_space {
        out.push_str(&format!(" xmlns=\"{SVG}\""));
    }
    Ok(name)
}

const SVG: &str = "http://www.w3.org/2000/svg";

/// Whether a value is numbers, names and colours, and names nothing but what stands in the same file.
fn is_plain(value: &str) -> bool {
    let ok = |c: char| c.is_ascii_alphanumeric() || " .,-+#%()\n\t\r_".contains(c);
    let calls = value.to_ascii_lowercase();
    value.chars().all(ok) && calls.matches("url(").count() == calls.matches("url(#").count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_comes_out_as_it_was_meant() {
        let source = "<?xml version=\"1.0\"?>\n<svg viewBox=\"0 0 4 4\">\n <defs><linearGradient id=\"a\"><stop offset=\"0\" stop-color=\"#fff\"/></linearGradient></defs>\n <path d=\"M0 0L1 1z\" fill=\"url(#a)\"/></svg>\n";
        assert_eq!(
            Mark::new(source).unwrap().into_text(),
            "<svg viewBox=\"0 0 4 4\" xmlns=\"http://www.w3.org/2000/svg\"><defs><linearGradient id=\"a\"><stop offset=\"0\" stop-color=\"#fff\"/></linearGradient></defs><path d=\"M0 0L1 1z\" fill=\"url(#a)\"/></svg>"
        );
        assert!(Mark::new(include_str!("../../assets/images/mark.svg")).is_ok());
    }

    #[test]
    fn what_could_act_is_refused() {
        for bad in [
            "<svg><script>alert(1)</script></svg>",
            "<svg><style>*{}</style></svg>",
            "<svg><foreignObject/></svg>",
            "<svg><image href=\"x\"/></svg>",
            "<svg><use href=\"#a\"/></svg>",
            "<svg><a href=\"javascript:alert(1)\"/></svg>",
            "<svg><animate attributeName=\"x\"/></svg>",
            "<svg><svg/></svg>",
            "<svg onload=\"alert(1)\"/>",
            "<svg style=\"fill:red\"/>",
            "<svg xmlns:xlink=\"http://www.w3.org/1999/xlink\"/>",
            "<svg xmlns=\"http://www.w3.org/1999/xhtml\"/>",
            "<svg><path fill=\"url(https://x.example/#a)\"/></svg>",
            "<svg><path fill=\"URL(x)\"/></svg>",
            "<svg><path d=\"&#106;\"/></svg>",
            "<svg>text</svg>",
            "<svg><![CDATA[x]]></svg>",
            "<svg><!-- a --></svg>",
            "<!DOCTYPE svg><svg/>",
            "<svg/><svg/>",
            "<g/>",
            "<svg><g></svg>",
            "<svg>",
            "",
            "<SVG/>",
            "<svg><path d=\"M0\" d=\"M1\"/></svg>",
        ] {
            assert!(Mark::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_mark_has_bounds() {
        let elements = |n: usize| format!("<svg>{}</svg>", "<g/>".repeat(n));
        assert!(Mark::new(&elements(limits::BRAND_MARK_ELEMENTS - 1)).is_ok());
        assert_eq!(Mark::new(&elements(limits::BRAND_MARK_ELEMENTS)), Err(MarkError::TooMany));
        let sized = |n: usize| format!("<svg>{}</svg>", " ".repeat(n - 11));
        assert!(Mark::new(&sized(limits::BRAND_MARK)).is_ok());
        assert_eq!(Mark::new(&sized(limits::BRAND_MARK + 1)), Err(MarkError::TooLarge(limits::BRAND_MARK + 1)));
    }
}
