//! The page.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::Extension;
use axum::response::Response;
use maud::{Markup, html};
use simpul_core::limits;

use super::{PATH, Told, Trail, Used};
use crate::component::{Access, Button, Icon, Kpi, Tone, code, crumbs, empty, kpis, notice, timeline};
use crate::problem::PageError;
use crate::session::Role;
use crate::shell::Sheet;
use crate::site::Page;
use crate::text;
use crate::text::{Locale, Msg};

pub(super) async fn show(page: Page, Extension(trail): Extension<Arc<Trail>>) -> Result<Response, PageError> {
    let person = page.person_as(Role::Citizen)?;
    let national =
        person.national.as_ref().ok_or(PageError::NotAllowed("the identity provider tells no identifier"))?;
    let after = cursors(&page.query("after"))?;
    let told = trail.reader.read(national, after.as_ref()).await;
    let told = told.map_err(|cause| PageError::unavailable("the data trail", cause))?;
    let l = &page.locale();
    let title = text!(l, "trail-title");
    let main = html! {
        div.head {
            div.wrap {
                (crumbs(l, &[(l.path("/"), text!(l, "home"))], &text!(l, "place-trail")))
                h1 { (title) }
                p.lead { (text!(l, "trail-lead")) }
                (kpis(&figures(l, &trail, &told)))
            }
        }
        div.wrap.sec.stack { (body(l, &page, &trail, &told, after.is_some())) }
    };
    Ok(page.portal(&Sheet::new(title, main).at(PATH)))
}

fn body(l: &Locale<'_>, page: &Page, trail: &Trail, told: &Told, later: bool) -> Markup {
    let silent: Vec<Msg> =
        told.holders.iter().filter(|one| !one.answered).map(|one| trail.words.of(l, &one.service)).collect();
    let again = html! { (Button::link(l.path(PATH), text!(l, "trail-reload")).quiet().icon(Icon::RefreshCw)) };
    let days: Vec<(Msg, Vec<Access>)> = told
        .accesses
        .chunk_by(|one, next| l.date(one.at) == l.date(next.at))
        .enumerate()
        .filter_map(|(n, day)| Some((l.date(day.first()?.at), accesses(l, trail, n, day))))
        .collect();
    html! {
        @if silent.is_empty() {
            p.mute { (text!(l, "trail-complete", when = l.date_time(page.now()).plain())) }
        } @else {
            (notice(Tone::Warning, &text!(l, "trail-silent", n = silent.len()), &html! {
                p { (text!(l, "trail-silent-about")) }
                ul { @for name in &silent { li { (name) } } }
                (again)
            }))
        }
        @if days.is_empty() {
            (empty(Icon::Eye, &text!(l, "trail-empty"), &html! {
                @if later { (Button::link(l.path(PATH), text!(l, "trail-first")).quiet()) } @else { (again) }
            }))
        }
        @for (day, list) in &days { (timeline(l, day, list)) }
        @if later || next(told).is_some() {
            nav.acts aria-label=(text!(l, "pages-label").plain()) {
                @if later { (Button::link(l.path(PATH), text!(l, "trail-first")).quiet().icon(Icon::ChevronLeft)) }
                @if let Some(query) = next(told) {
                    (Button::link(format!("{}?{query}", l.path(PATH)), text!(l, "trail-older")).quiet().then(Icon::ChevronRight))
                }
            }
        }
    }
}

fn figures(l: &Locale<'_>, trail: &Trail, told: &Told) -> Vec<Kpi> {
    let count = |n: usize| l.number(i64::try_from(n).unwrap_or(i64::MAX));
    let kpi = |label: Msg, n: usize| Kpi { label, value: count(n), note: None, tone: Tone::Plain };
    let offices: BTreeSet<&str> = told.accesses.iter().map(|one| member(&one.client)).collect();
    let abroad = told.accesses.iter().filter(|one| crosses(one, &trail.home)).count();
    let agreed = told.accesses.iter().filter(|one| one.agreement.is_some()).count();
    vec![
        kpi(text!(l, "trail-shown"), told.accesses.len()),
        kpi(text!(l, "trail-offices"), offices.len()),
        kpi(text!(l, "trail-abroad"), abroad),
        kpi(text!(l, "trail-agreed"), agreed),
    ]
}

/// Whether data went over a border: who asked and who answered are not both at home.
fn crosses(one: &Used, home: &str) -> bool {
    let instance = |id: &str| id.split('/').next() == Some(home);
    !(instance(&one.client) && instance(&one.service))
}

/// Instance, class and code of an identifier.
fn member(id: &str) -> &str {
    let end = id.match_indices('/').nth(2).map_or(id.len(), |(at, _)| at);
    id.get(..end).unwrap_or(id)
}

fn accesses(l: &Locale<'_>, trail: &Trail, day: usize, list: &[Used]) -> Vec<Access> {
    list.iter().enumerate().map(|(n, one)| access(l, trail, format!("access-{day}-{n}"), one)).collect()
}

fn access(l: &Locale<'_>, trail: &Trail, id: String, one: &Used) -> Access {
    let words = &trail.words;
    let abroad = crosses(one, &trail.home);
    let mut marks = Vec::new();
    if abroad {
        marks.push((Tone::Active, Some(Icon::Globe), text!(l, "trail-cross-border")));
    }
    if one.agreement.is_none() {
        marks.push((Tone::Plain, Some(Icon::KeyRound), text!(l, "trail-by-right")));
    }
    let mut facts = vec![(text!(l, "trail-holder"), html! { (words.of(l, &one.service)) })];
    if let Some(basis) = &one.basis {
        facts.push((text!(l, "trail-basis"), words.with_code(l, basis)));
    }
    facts.push((text!(l, "trail-allowed"), match &one.agreement {
        Some(agreed) => {
            let clauses = agreed.clauses.join(", ");
            html! { (text!(l, "trail-agreement", name = words.of(l, &agreed.id).plain(), version = agreed.version, clauses = clauses)) }
        }
        None => html! { (text!(l, "trail-right")) },
    }));
    if let Some(days) = one.erased_after_days {
        facts.push((text!(l, "trail-erased"), html! { (text!(l, "trail-days", n = days)) }));
    }
    if let Some((until, law)) = &one.withheld {
        let when = l.date(*until);
        facts.push((
            text!(l, "trail-withheld"),
            html! { (text!(l, "trail-withheld-until", when = when.plain(), law = law.as_str())) },
        ));
    }
    facts.push((text!(l, "trail-service"), code(&one.service)));
    facts.push((
        text!(l, "trail-evidence"),
        html! {
            (code(&one.message)) " " span.mute { (text!(l, "trail-record", n = one.record)) }
        },
    ));
    Access {
        id,
        sign: if abroad { Icon::Globe } else { Icon::Building2 },
        who: words.of(l, &one.client),
        at: one.at,
        purpose: one.purpose.as_ref().map_or_else(|| text!(l, "trail-no-purpose"), |purpose| words.of(l, purpose)),
        data: one.fields.iter().map(|path| words.field(l, path)).collect(),
        marks,
        facts,
        act: None,
        flagged: false,
    }
}

/// The query of the next page: where each holder that has more goes on.
fn next(told: &Told) -> Option<String> {
    let mut inner = form_urlencoded::Serializer::new(String::new());
    let more: Vec<(&str, &str)> =
        told.holders.iter().filter_map(|one| Some((one.service.as_str(), one.next.as_deref()?))).collect();
    if more.is_empty() {
        return None;
    }
    let after = inner.extend_pairs(more).finish();
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("after", &after).finish();
    // More holders than an address has room for.
    (query.len() + 64 <= limits::PAGE_TARGET).then_some(query)
}

fn cursors(after: &str) -> Result<Option<BTreeMap<String, String>>, PageError> {
    if after.is_empty() {
        return Ok(None);
    }
    let read: BTreeMap<String, String> = form_urlencoded::parse(after.as_bytes()).into_owned().collect();
    match read.len() <= limits::TRAIL_HOLDERS {
        true => Ok(Some(read)),
        false => Err(PageError::Malformed("more holders than one question goes to")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trail::Holder;

    #[test]
    fn the_next_page_goes_on_where_each_holder_ended() {
        let holder = |service: &str, next: Option<&str>| Holder {
            service: service.to_owned(),
            answered: true,
            next: next.map(str::to_owned),
        };
        let mut told =
            Told { accesses: Vec::new(), holders: vec![holder("MY/GOV/1/a/t", Some("c=1&x")), holder("B", None)] };
        let query = next(&told).unwrap();
        let (_, after) = form_urlencoded::parse(query.as_bytes()).into_owned().next().unwrap();
        let read = cursors(&after).unwrap().unwrap();
        assert_eq!(read, BTreeMap::from([("MY/GOV/1/a/t".to_owned(), "c=1&x".to_owned())]));
        told.holders = vec![holder("B", None)];
        assert_eq!(next(&told), None);
        assert!(cursors("").unwrap().is_none());
        let many: String = (0..=limits::TRAIL_HOLDERS).map(|n| format!("h{n}=c&")).collect();
        assert!(cursors(&many).is_err());
    }

    #[test]
    fn a_border_is_between_two_states() {
        assert_eq!(member("ID/GOV/3201/recognition/x"), "ID/GOV/3201");
        assert_eq!(member("odd"), "odd");
    }
}
