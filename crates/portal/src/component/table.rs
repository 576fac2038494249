//! Tables. On phones a table of cards: each row a card, each cell with its column's name.

use maud::{Markup, html};

use crate::text::Msg;

/// A column.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its name.
    pub head: Msg,
    /// Whether it holds figures, which stand in line by their last digit.
    pub figures: bool,
}

impl Column {
    /// A column of words.
    #[must_use]
    pub fn words(head: Msg) -> Self {
        Self { head, figures: false }
    }

    /// A column of figures.
    #[must_use]
    pub fn figures(head: Msg) -> Self {
        Self { head, figures: true }
    }
}

/// A table. The first cell of each row names the row.
#[derive(Clone, Debug)]
pub struct Table {
    /// What the table is.
    pub caption: Msg,
    /// Whether the caption is for voices alone, because a heading says the same.
    pub hidden_caption: bool,
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows, each as long as there are columns.
    pub rows: Vec<Vec<Markup>>,
}

/// A table.
#[must_use]
pub fn table(table: &Table) -> Markup {
    html! {
        table.cardy {
            @if table.hidden_caption { caption { span.vh { (table.caption) } } } @else { caption { (table.caption) } }
            thead { tr { @for column in &table.columns { th.n[column.figures] scope="col" { (column.head) } } } }
            tbody {
                @for row in &table.rows {
                    tr {
                        @for (i, (cell, column)) in row.iter().zip(&table.columns).enumerate() {
                            @if i == 0 { th.n[column.figures] scope="row" { (cell) } }
                            @else { td.n[column.figures] data-h=(column.head.plain()) { div { (cell) } } }
                        }
                    }
                }
            }
        }
    }
}
