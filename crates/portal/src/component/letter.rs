//! A letter of an office: on the screen a sheet, printed the letter alone.

use maud::{Markup, html};
use simpul_core::UnixTime;

use crate::text;
use crate::text::{Locale, Msg};

/// Who signed.
#[derive(Clone, Debug)]
pub struct Signature {
    /// The name.
    pub name: Msg,
    /// The office held.
    pub title: Msg,
    /// When.
    pub at: UnixTime,
}

/// A letter.
#[derive(Clone, Debug)]
pub struct Letter {
    /// The path of the office's mark.
    pub mark: String,
    /// Whose letter it is.
    pub office: Msg,
    /// The government above it.
    pub government: Msg,
    /// Its number.
    pub number: Msg,
    /// What it is about.
    pub subject: Msg,
    /// To whom.
    pub to: Msg,
    /// When it was issued.
    pub at: UnixTime,
    /// What it says.
    pub body: Markup,
    /// Who signed.
    pub signatures: Vec<Signature>,
    /// How anyone checks it: printed at its foot.
    pub proof: Markup,
}

/// The letter.
#[must_use]
pub fn letter(locale: &Locale<'_>, letter: &Letter) -> Markup {
    html! {
        article.letter {
            header {
                img src=(letter.mark) alt="" width="56" height="56";
                div { p.small { (letter.government) } b { (letter.office) } }
            }
            dl.no {
                dt { (text!(locale, "letter-number")) } dd.mono { (letter.number) }
                dt { (text!(locale, "letter-subject")) } dd { b { (letter.subject) } }
                dt { (text!(locale, "letter-to")) } dd { (letter.to) }
                dt { (text!(locale, "letter-date")) } dd { (locale.time_tag(letter.at, &locale.date(letter.at))) }
            }
            div.stack { (letter.body) }
            @for signature in &letter.signatures {
                div.sign {
                    p { (text!(locale, "letter-signed", when = locale.date_time(signature.at).plain())) }
                    b { (signature.name) }
                    p.small { (signature.title) }
                }
            }
            footer { (letter.proof) }
        }
    }
}
