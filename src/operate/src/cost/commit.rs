//! Commitments: paying less for what is used in every hour, for a year or three, whether it is used or not.
//!
//! What is committed to is the *minimum* that was used, never the mean: of what is used half of the time, half of a
//! commitment is thrown away. Each offer says from which use on it is worth it, and what it costs when nothing is used any
//! more.

use serde::{Deserialize, Serialize};

use super::HOURS;
use super::fraction::Fraction;
use super::money::Money;

/// What was used of something, hour by hour.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hours(pub Vec<Fraction>);

impl Hours {
    /// As many in every hour.
    pub fn always(number: Fraction) -> Hours {
        Hours(vec![number])
    }

    /// What was used in every hour: the least of them. Nothing, where nobody has looked.
    pub fn minimum(&self) -> Fraction {
        self.0.iter().copied().min().unwrap_or(Fraction::ZERO)
    }
}

/// A commitment that AWS offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offered {
    /// What for: `cache.r6g.large, Redis`.
    pub what: String,
    /// The name of the price on demand in the book.
    pub price: String,
    /// For how many years: one or three.
    pub years: u32,
    /// What is paid for one in advance.
    pub upfront: Money,
    /// What is paid for one in each hour.
    pub hourly: Money,
    /// Where the offer was seen, in words.
    pub seen: String,
    /// The day on which it was seen.
    pub date: String,
}

/// A commitment, held against what is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commitment {
    /// The offer.
    pub offered: Offered,
    /// How many: whole ones of what is used in every hour.
    pub count: u64,
    /// What these cost in a month on demand.
    pub on_demand: Money,
    /// What they cost in a month when committed to, what is paid in advance spread over the term.
    pub committed: Money,
    /// What is saved in a month while all of them are used.
    pub saved: Money,
    /// Of a hundred hours of the term, how many must be used for it to be worth it, rounded up.
    pub break_even_percent: u32,
    /// After how many months what was paid in advance has come back; none where nothing is, or where it never does.
    pub break_even_month: Option<u32>,
    /// What it comes to when nothing is used any more after so many months.
    pub worst: Vec<Worst>,
}

/// What a commitment comes to when its use ends early.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Worst {
    /// After how many months nothing is used any more.
    pub after_months: u32,
    /// What has been saved over the whole term; less than nothing is lost.
    pub saved: Money,
}

/// What each offer comes to for what is used: the one that saves most first. An offer for which nothing is used in every
/// hour is left out.
pub fn commitments(offers: &[Offered], used: impl Fn(&str) -> Option<(Money, Hours)>) -> Vec<Commitment> {
    let each = |offered: &Offered| {
        let (price, hours) = used(&offered.price)?;
        let (over, under) = hours.minimum().parts();
        let count = u64::try_from(over / under).ok().filter(|count| *count > 0)?;
        Some(Commitment::of(offered, price, count))
    };
    let mut all: Vec<Commitment> = offers.iter().filter_map(each).collect();
    all.sort_by(|one, other| other.saved.cmp(&one.saved).then_with(|| one.offered.years.cmp(&other.offered.years)));
    all
}

impl Commitment {
    fn of(offered: &Offered, price: Money, count: u64) -> Commitment {
        let many = Fraction::whole(i128::from(count));
        let months = offered.years * 12;
        let hours = many * Fraction::from(HOURS);
        let on_demand = price.times(hours);
        let upfront = offered.upfront.times(many);
        let running = offered.hourly.times(hours);
        let committed = running + upfront.times(Fraction::of(1, months.into()));
        let over = |money: Money, months: u32| money.times(Fraction::from(months));
        let whole = upfront + over(running, months);
        let saved_until = |month: u32| over(on_demand, month) - whole;
        let back = (1..=months).find(|month| over(on_demand - running, *month) >= upfront);
        Commitment {
            offered: offered.clone(),
            count,
            on_demand,
            committed,
            saved: on_demand - committed,
            break_even_percent: percent_up(committed, on_demand),
            break_even_month: back.filter(|_| !upfront.is_zero()),
            worst: [0, 3, 6].map(|after_months| Worst { after_months, saved: saved_until(after_months) }).into(),
        }
    }
}

fn percent_up(part: Money, whole: Money) -> u32 {
    let down = part.percent_of(whole).unwrap_or(0);
    let exact = whole.times(Fraction::of(down, 100)) == part;
    u32::try_from(if exact { down } else { down + 1 }).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(text: &str) -> Money {
        text.parse().unwrap()
    }

    fn offer(years: u32, upfront: &str, hourly: &str) -> Offered {
        Offered {
            what: "cache.r6g.large, Redis".into(),
            price: "elasticache.redis.cache.r6g.large.hour".into(),
            years,
            upfront: money(upfront),
            hourly: money(hourly),
            seen: "a test".into(),
            date: "2026-09-14".into(),
        }
    }

    fn nodes(hours: &[i32]) -> impl Fn(&str) -> Option<(Money, Hours)> {
        let hours = Hours(hours.iter().map(|number| Fraction::whole(*number)).collect());
        move |_| Some((money("0.206"), hours.clone()))
    }

    #[test]
    fn the_minimum_is_committed_to_and_never_the_mean() {
        let [commitment] = &commitments(&[offer(1, "0", "0.141")], nodes(&[9, 9, 3, 9]))[..] else { panic!("one") };
        assert_eq!(commitment.count, 3);
        assert_eq!(commitment.on_demand.to_string(), "$451.14");
        assert_eq!(commitment.committed.to_string(), "$308.79");
        // 0.141 / 0.206 = 68.4 %: used less than that, it costs more than on demand.
        assert_eq!((commitment.break_even_percent, commitment.break_even_month), (69, None));
        assert!(commitments(&[offer(1, "0", "0.141")], nodes(&[9, 0, 9])).is_empty());
    }

    #[test]
    fn what_is_paid_in_advance_comes_back_in_some_month_or_is_lost() {
        let [commitment] = &commitments(&[offer(3, "2434", "0")], nodes(&[1]))[..] else { panic!("one") };
        // 150.38 a month on demand: 2,434 are back in the 17th.
        assert_eq!(commitment.break_even_month, Some(17));
        assert_eq!(commitment.break_even_percent, 45);
        let lost: Vec<String> = commitment.worst.iter().map(|worst| worst.saved.to_string()).collect();
        assert_eq!(lost, ["-$2,434.00", "-$1,982.86", "-$1,531.72"]);
    }

    #[test]
    fn what_saves_most_is_told_first() {
        let offers = [offer(1, "0", "0.141"), offer(3, "2434", "0")];
        let years: Vec<u32> = commitments(&offers, nodes(&[2])).iter().map(|each| each.offered.years).collect();
        assert_eq!(years, [3, 1]);
    }
}
