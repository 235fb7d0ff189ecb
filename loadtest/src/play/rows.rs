//! Which row of a data file an iteration takes.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::materials::Rows;
use crate::plan::Order;
use crate::plan::words::{Reference, Template};
use crate::result::Part;
use crate::scenario::{Ranks, Stopped, User};
use crate::split;

/// Deals the rows of a file out.
#[derive(Debug)]
pub(super) struct Dealing {
    rows: Arc<Rows>,
    order: Order,
    /// Which of the iterations that take a row this is: the same row on every machine for the same iteration.
    ranks: Ranks,
    /// In the closed model nobody knows how many iterations a user gets through: then a worker has a piece of the rows,
    /// of which this one is next, and this one its end.
    piece: Option<(AtomicU64, u64)>,
}

impl Dealing {
    pub(super) fn new(rows: Arc<Rows>, order: Order, ranks: Ranks, closed: bool, part: Part) -> Dealing {
        let piece = (closed && order == Order::EachOnce).then(|| {
            let piece = split::share(rows.rows.len() as u64, part);
            (AtomicU64::new(piece.start), piece.end)
        });
        Dealing { rows, order, ranks, piece }
    }

    /// The row of an iteration.
    pub(super) fn row(&self, user: &mut User) -> Result<usize, Stopped> {
        let (rank, all) = (self.ranks.of(user.turn().number), self.rows.rows.len() as u64);
        let row = match (self.order, &self.piece) {
            (Order::EachOnce, Some((next, end))) => Some(next.fetch_add(1, Ordering::Relaxed)).filter(|row| row < end),
            (Order::EachOnce, None) => Some(rank).filter(|row| *row < all),
            (Order::Round, _) => Some(rank % all.max(1)),
            // From 0 to all, and all itself never.
            (Order::Random, _) => Some((user.chance() * all as f64) as u64),
        };
        row.and_then(|row| usize::try_from(row).ok()).ok_or(Stopped::WithoutRow)
    }

    /// A value of a row.
    pub(super) fn value(&self, row: usize, column: &str) -> Option<&str> {
        let place = self.rows.columns.iter().position(|name| name == column)?;
        self.rows.rows.get(row)?.get(place).map(String::as_str)
    }
}

/// The data files that templates take values of.
pub(super) fn named<'p>(templates: impl Iterator<Item = &'p Template>) -> Vec<String> {
    let names: BTreeSet<&String> = templates
        .flat_map(Template::references)
        .filter_map(|reference| match reference {
            Reference::Column { data, column: _ } => Some(data),
            _ => None,
        })
        .collect();
    names.into_iter().cloned().collect()
}
