//! The tasks of a long service.

use maud::{Markup, html};

use super::{Tone, tag};
use crate::text;
use crate::text::{Locale, Msg};

/// How far a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskState {
    /// Done.
    Done,
    /// To do next.
    Next,
    /// To do later.
    Later,
    /// Not open before others are done.
    Closed,
    /// Done, and something in it is to be mended.
    Wrong,
}

/// One task.
#[derive(Clone, Debug)]
pub struct Task {
    /// What it is.
    pub title: Msg,
    /// Its first page; a closed task has none.
    pub path: Option<String>,
    /// One line about it.
    pub hint: Option<Msg>,
    /// How far it is.
    pub state: TaskState,
}

/// The list of tasks.
#[must_use]
pub fn task_list(locale: &Locale<'_>, tasks: &[Task]) -> Markup {
    html! {
        ol.tasks {
            @for task in tasks {
                li.done[task.state == TaskState::Done].now[task.state == TaskState::Next].fix[task.state == TaskState::Wrong] {
                    @match &task.path {
                        Some(path) => { a href=(path) { (task.title) } }
                        None => { b { (task.title) } }
                    }
                    (state(locale, task.state))
                    @if let Some(hint) = &task.hint { p { (hint) } }
                }
            }
        }
    }
}

fn state(locale: &Locale<'_>, state: TaskState) -> Markup {
    match state {
        TaskState::Done => tag(Tone::Good, None, &text!(locale, "task-done")),
        TaskState::Next => tag(Tone::Active, None, &text!(locale, "task-next")),
        TaskState::Later => tag(Tone::Plain, None, &text!(locale, "task-later")),
        TaskState::Closed => tag(Tone::Plain, Some(super::Icon::Lock), &text!(locale, "task-closed")),
        TaskState::Wrong => tag(Tone::Bad, None, &text!(locale, "task-wrong")),
    }
}
