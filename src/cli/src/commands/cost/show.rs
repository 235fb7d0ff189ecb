//! `infra cost show`: what was spent, as Cost Explorer says. Each question costs a cent, which is said and agreed to first;
//! an answer is kept for half a day, so that nobody pays for it twice.

use std::collections::BTreeMap;
use std::path::PathBuf;

use infra_aws::costs::{Division, PRICE_OF_A_REQUEST, Question, SpendLine, spend};
use infra_operate::cost::{Fraction, Money};
use jiff::{Span, Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::args::{CostShow, Grouping, Month};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::files::{folder, write_whole};
use crate::render::{Level, WIDTH, wrapped};
use crate::session::{Blueprint, Session};

/// For how many seconds an answer is kept.
const KEPT_SECONDS: i64 = 12 * 60 * 60;
/// The most pages that one question may have: none that this program asks comes near.
const MOST_PAGES: u32 = 10;

/// An answer as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Kept {
    asked_at: i64,
    requests: u32,
    lines: Vec<KeptLine>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct KeptLine {
    from: String,
    estimated: bool,
    environment: String,
    name: String,
    unblended: Money,
    net_amortized: Money,
}

pub(super) async fn run(arguments: &CostShow, session: &Session<'_>) -> Result<Exit, Failure> {
    let blueprint = session.unchecked().await?;
    let now = Timestamp::now();
    let question = question(arguments, &blueprint, now.to_zoned(jiff::tz::TimeZone::UTC).date())?;
    let file = place(&blueprint, &question);
    let kept = read(&file).filter(|kept| (0..KEPT_SECONDS).contains(&(now.as_second() - kept.asked_at)));
    let (kept, fresh) = match kept {
        Some(kept) => (kept, false),
        None => (ask(arguments, session, &blueprint, &question, now).await?, true),
    };
    if fresh {
        let text = serde_json::to_vec_pretty(&kept).unwrap_or_default();
        if let Err(error) = write_whole(&file, &text) {
            session.console.warn(&format!("the answer could not be kept, and costs a cent again: {error}"));
        }
    }
    tell(session, &blueprint, &question, arguments.by, &kept);
    let paid = match fresh {
        true => format!("This cost {}.", price(kept.requests)),
        false => {
            let hours = (now.as_second() - kept.asked_at) / 3600;
            format!("Asked {hours} h ago, and kept; asking again is free until half a day has passed.")
        }
    };
    session.console.say(&session.console.talk.dim(paid));
    Ok(Exit::Done)
}

fn question(arguments: &CostShow, blueprint: &Blueprint, today: Date) -> Result<Question, Failure> {
    let beyond = |_| Failure::new("these days are in no calendar");
    let (from, to) = match arguments.month {
        Some(Month { year, month }) => {
            let first = Date::new(year, month, 1).map_err(beyond)?;
            let next = first.checked_add(Span::new().months(1)).map_err(beyond)?;
            // The day that follows the last one; of this month, as far as it has come.
            (first, next.min(today.checked_add(Span::new().days(1)).map_err(beyond)?))
        }
        None => (today.checked_sub(Span::new().days(i64::from(arguments.days))).map_err(beyond)?, today),
    };
    if from >= to {
        return Err(Failure::new(format!("nothing was spent yet from {from} on")));
    }
    let by = match arguments.by {
        Grouping::Service => Division::Service,
        Grouping::Usage => Division::UsageType,
        Grouping::Stack => Division::Tag("infra:address"),
        Grouping::Day => Division::Nothing,
    };
    Ok(Question {
        from: from.to_string(),
        to: to.to_string(),
        daily: arguments.by == Grouping::Day,
        by,
        project: blueprint.owner.project.clone(),
    })
}

/// Where the answer to a question is kept.
fn place(blueprint: &Blueprint, question: &Question) -> PathBuf {
    let facts = &blueprint.environment.facts;
    let text = format!("{} {} {:?} {question:?}", facts.account, facts.region, blueprint.detours);
    let digest: String = Sha256::digest(text).iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    folder(&blueprint.environment.root).join("spend").join(format!("{digest}.json"))
}

fn read(file: &PathBuf) -> Option<Kept> {
    serde_json::from_slice(&std::fs::read(file).ok()?).ok()
}

async fn ask(
    arguments: &CostShow,
    session: &Session<'_>,
    blueprint: &Blueprint,
    question: &Question,
    now: Timestamp,
) -> Result<Kept, Failure> {
    let console = session.console;
    let says = format!(
        "Cost Explorer takes {} for a request; this question is one, or more where its answer has pages.",
        price(1)
    );
    match (arguments.yes, console.somebody_is_there()) {
        (true, _) => console.say(&says),
        (false, true) => {
            if !session.unless_interrupted(console.confirm(&format!("{says} Ask?"), "yes")).await? {
                return Err(Failure::new("that was not a yes; nothing was asked, and nothing paid"));
            }
        }
        (false, false) => {
            return Err(Failure::new("asking costs money, and nobody is there to agree to it; nothing was asked")
                .because(says)
                .way_out("to agree beforehand, add: --yes"));
        }
    }
    session.connect(blueprint).await?;
    let (mut lines, mut page, mut requests) = (Vec::new(), None, 0);
    loop {
        requests += 1;
        let answer = session.unless_interrupted(spend(blueprint.aws(), question, page)).await??;
        lines.extend(answer.lines.into_iter().map(kept_line));
        page = answer.next;
        if page.is_none() {
            break;
        }
        if requests == MOST_PAGES {
            console.warn(&format!(
                "the answer has more than {MOST_PAGES} pages: what follows was not paid for, and is missing"
            ));
            break;
        }
    }
    Ok(Kept { asked_at: now.as_second(), requests, lines })
}

fn kept_line(line: SpendLine) -> KeptLine {
    let SpendLine { from, estimated, environment, name, unblended, net_amortized } = line;
    let [unblended, net_amortized] = [unblended, net_amortized].map(|amount| money(&amount));
    KeptLine { from, estimated, environment, name, unblended, net_amortized }
}

/// An amount as AWS writes it, which may have more digits than anybody counts with.
fn money(amount: &str) -> Money {
    let short = amount.find('.').map_or(amount, |point| &amount[..amount.len().min(point + 13)]);
    short.parse().unwrap_or_default()
}

fn price(requests: u32) -> Money {
    PRICE_OF_A_REQUEST.parse::<Money>().unwrap_or_default().times(Fraction::from(requests))
}

fn tell(session: &Session<'_>, blueprint: &Blueprint, question: &Question, by: Grouping, kept: &Kept) {
    let environment = blueprint.owner.environment.as_str();
    let mut rows: BTreeMap<String, [Money; 2]> = BTreeMap::new();
    let mut unassigned = [Money::ZERO; 2];
    let mut estimated = false;
    for line in &kept.lines {
        estimated |= line.estimated;
        let amounts = [line.unblended, line.net_amortized];
        let row = match line.environment.as_str() {
            own if own == environment => rows.entry(named(by, line)).or_insert([Money::ZERO; 2]),
            "" => &mut unassigned,
            _ => continue,
        };
        row.iter_mut().zip(amounts).for_each(|(sum, amount)| *sum += amount);
    }
    let total: [Money; 2] = [0, 1].map(|column| rows.values().map(|row| row[column]).sum());
    let console = session.console;
    if let Some(lines) = console.json() {
        let rows: Vec<_> = rows
            .iter()
            .map(|(name, [unblended, net])| json!({ "name": name, "unblended": unblended, "net_amortized": net }))
            .collect();
        let body = json!({
            "from": question.from, "to": question.to, "estimated": estimated, "rows": rows,
            "total": { "unblended": total[0], "net_amortized": total[1] },
            "without_tags": { "unblended": unassigned[0], "net_amortized": unassigned[1] },
        });
        return lines.line(Level::Info, "spend", &format!("Spent: {}", total[0]), json!({ "spend": body }));
    }
    let mut out = format!("Spent by {}, from {} until {}:\n\n", blueprint.owner, question.from, question.to);
    out += &row("", ["billed", "amortized, net"].map(str::to_owned));
    let mut sorted: Vec<_> = rows.iter().collect();
    if by != Grouping::Day {
        sorted.sort_by_key(|(_, row)| std::cmp::Reverse(row[0]));
    }
    for (name, amounts) in sorted {
        out += &row(name, amounts.map(|amount| amount.to_string()));
    }
    out += &row("total", total.map(|amount| amount.to_string()));
    if unassigned.iter().any(|amount| !amount.is_zero()) {
        out += "\n";
        out += &row("in the account, without tags", unassigned.map(|amount| amount.to_string()));
    }
    if rows.is_empty() {
        let says = "Nothing bears this environment's tags. Bills know a tag a day after it was activated: see `divided_by_tags`.";
        out += &format!("\n{}\n", wrapped(says, 2));
    }
    if by == Grouping::Stack && rows.keys().all(|name| name == NO_TAG) && !rows.is_empty() {
        let says =
            "Bills are not divided by the tag `infra:address`: activate it under cost allocation tags to see stacks.";
        out += &format!("\n{}\n", wrapped(says, 2));
    }
    if estimated {
        out += "\nAWS may still change these figures: they are estimates.\n";
    }
    console.data(&out);
}

/// What stands for what bears no tag.
const NO_TAG: &str = "without a tag";

fn named(by: Grouping, line: &KeptLine) -> String {
    let name = match by {
        Grouping::Service | Grouping::Usage => line.name.as_str(),
        Grouping::Stack => line.name.split('.').next().unwrap_or_default(),
        Grouping::Day => line.from.as_str(),
    };
    if name.is_empty() { NO_TAG.to_owned() } else { name.to_owned() }
}

fn row(name: &str, columns: [String; 2]) -> String {
    let columns: String = columns.iter().map(|column| format!("{column:>18}")).collect();
    format!("{name:width$}{columns}\n", width = WIDTH - 36)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_with_more_digits_than_anybody_counts_with_is_cut() {
        assert_eq!(money("12.34567890123456789").exact(), "12.345678901234");
        assert_eq!(money("0").exact(), "0");
        assert_eq!(price(3).to_string(), "$0.03");
    }
}
