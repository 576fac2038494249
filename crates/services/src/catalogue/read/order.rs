//! On which questions a question depends: they exist, can have the answer, stand before it, and never lead back to it.

use simpul_policy::written::{DocumentError, wrong};

use crate::catalogue::question::{Condition, Kind, Question};

pub(super) fn questions(questions: &[Question]) -> Result<(), DocumentError> {
    for (i, question) in questions.iter().enumerate() {
        for (n, condition) in question.show_when.iter().enumerate() {
            known(&format!("question[{i}].show-when[{n}]"), condition, questions)?;
        }
    }
    for (i, question) in questions.iter().enumerate() {
        if let Some(way) = way_back(question, questions) {
            let way: Vec<&str> = way.iter().map(|question| question.id.as_str()).collect();
            let reason = format!("it depends on itself: {} → {}", way.join(" → "), question.id);
            return Err(wrong(&format!("question[{i}].show-when"), &reason));
        }
    }
    for (i, question) in questions.iter().enumerate() {
        for (n, condition) in question.show_when.iter().enumerate() {
            let before = questions.iter().take(i).any(|earlier| earlier.id == *condition.question());
            if !before {
                let reason = format!("`{}` is asked later: an earlier question is allowed", condition.question());
                return Err(wrong(&format!("question[{i}].show-when[{n}].question"), &reason));
            }
        }
    }
    Ok(())
}

fn known(path: &str, condition: &Condition, questions: &[Question]) -> Result<(), DocumentError> {
    let Some(asked) = questions.iter().find(|question| question.id == *condition.question()) else {
        return Err(wrong(&format!("{path}.question"), &format!("there is no question `{}`", condition.question())));
    };
    let options = || asked.kind.options().iter().map(|option| option.id.as_str()).collect::<Vec<_>>();
    let (member, value, answers) = match (condition, &asked.kind) {
        (Condition::Equals(_, value), Kind::YesNo) => ("equals", value, vec!["yes", "no"]),
        (Condition::Equals(_, value), Kind::Choice(_)) => ("equals", value, options()),
        (Condition::Contains(_, value), Kind::Choices(_)) => ("contains", value, options()),
        (Condition::Equals(..), _) => {
            let reason = "`equals` is allowed for a question of kind `choice` or `yes-no`";
            return Err(wrong(&format!("{path}.equals"), reason));
        }
        (Condition::Contains(..), _) => {
            return Err(wrong(&format!("{path}.contains"), "`contains` is allowed for a question of kind `choices`"));
        }
    };
    match answers.contains(&value.as_str()) {
        true => Ok(()),
        false => {
            Err(wrong(&format!("{path}.{member}"), &format!("`{value}`: one of {} is allowed", answers.join(", "))))
        }
    }
}

/// The questions from `start` on the way back to it, if there is one.
fn way_back<'a>(start: &'a Question, questions: &'a [Question]) -> Option<Vec<&'a Question>> {
    let find = |condition: &Condition| questions.iter().find(|question| question.id == *condition.question());
    // Each entry is a way; a question is entered once.
    let mut ways = vec![vec![start]];
    let mut entered: Vec<&Question> = Vec::new();
    while let Some(way) = ways.pop() {
        let last = way.last().copied()?;
        for next in last.show_when.iter().filter_map(find) {
            if next.id == start.id {
                return Some(way);
            }
            if !entered.iter().any(|there| there.id == next.id) {
                entered.push(next);
                ways.push(way.iter().copied().chain([next]).collect());
            }
        }
    }
    None
}
