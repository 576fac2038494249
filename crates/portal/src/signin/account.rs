//! The account: who is signed in, on which devices, and the way out.

use axum::response::Response;
use maud::html;

use crate::component::{Answer, Button, Icon, Tone, crumbs, empty, summary_list, tag};
use crate::problem::PageError;
use crate::session::{Role, Session};
use crate::shell::Sheet;
use crate::site::{Page, Post};
use crate::text;
use crate::text::{Locale, Msg};

fn role(l: &Locale<'_>, role: Role) -> Msg {
    match role {
        Role::Citizen => text!(l, "role-citizen"),
        Role::Officer => text!(l, "role-officer"),
        Role::Operator => text!(l, "role-operator"),
    }
}

/// Who is signed in, and every session of theirs.
pub(super) async fn show(page: Page) -> Result<Response, PageError> {
    let person = page.person().ok_or(PageError::SignIn)?;
    let l = &page.locale();
    let here = page.session().map(|session| session.handle.as_str()).unwrap_or_default();
    let all = page.site().keeper().of_person(&person.id, page.now()).await?;
    let others: Vec<&Session> = all.iter().filter(|session| session.handle != here).collect();
    let answer = |label: Msg, value| Answer { label, value, change: None, source: None };
    let roles: Vec<String> = person.roles.iter().map(|one| role(l, *one).plain().to_owned()).collect();
    let title = text!(l, "account-title");
    let leave =
        page.form("/session/end", &html! { (Button::submit(text!(l, "session-leave")).quiet().icon(Icon::LogOut)) })?;
    let mut list = Vec::new();
    for session in &others {
        let hidden = html! {
            input type="hidden" name="session" value=(session.handle);
            (Button::submit(text!(l, "account-end")).quiet().small().about(l.own(&session.handle)))
        };
        list.push((*session, page.form("/account/end", &hidden)?));
    }
    let everywhere = match others.is_empty() {
        true => html! {},
        false => page.form("/account/end", &html! { (Button::submit(text!(l, "account-end-others")).stern()) })?,
    };
    let main = html! {
        div.head {
            div.wrap {
                (crumbs(l, &[(l.path("/"), text!(l, "home"))], &title))
                h1 { (title) }
                p.lead { bdi { (person.name) } }
            }
        }
        div.wrap.sec.stack {
            (summary_list(l, &[
                answer(text!(l, "account-name"), html! { bdi { (person.name) } }),
                answer(text!(l, "account-roles"), html! { (roles.join(", ")) }),
                answer(text!(l, "account-here"), html! {
                    @if let Some(session) = page.session() { (l.date_time(session.begun)) " " (tag(Tone::Good, None, &text!(l, "account-this"))) }
                }),
            ]))
            div.acts { (leave) }
            h2 { (text!(l, "account-others")) }
            @if list.is_empty() { (empty(Icon::IdCard, &text!(l, "account-no-others"), &html! {})) }
            @for (session, form) in &list {
                section.card.stack-s {
                    p { bdi { (session.agent) } }
                    p.small.mute { (text!(l, "account-seen", begun = l.date_time(session.begun).plain(), seen = l.date_time(session.seen).plain())) }
                    (form)
                }
            }
            (everywhere)
        }
    };
    Ok(page.portal(&Sheet::new(title, main).at("/account")))
}

/// Ends one other session of the person, or all of them. Somebody else's handle ends nothing, and nobody learns of it.
pub(super) async fn end(post: Post) -> Result<Response, PageError> {
    let page = &post.page;
    let person = page.person().ok_or(PageError::SignIn)?;
    let here = page.session().map(|session| session.handle.clone()).unwrap_or_default();
    let keeper = page.site().keeper();
    let chosen = post.typed.value("session");
    for session in keeper.of_person(&person.id, page.now()).await? {
        let meant = chosen.is_empty() || chosen == session.handle;
        if meant && session.handle != here {
            keeper.end_of_person(&person.id, &session.handle).await?;
        }
    }
    page.see_other("/account")
}
