//! What is filled in: the values of one iteration.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use jiff::Timestamp;
use serde_json::Value;

use super::Shared;
use crate::plan::words::{Moment, Piece, Reference, Template};
use crate::scenario::{Stopped, Turn, User};
use crate::schedule::scattered_bits;

/// The values of one iteration.
#[derive(Debug)]
pub(super) struct Values<'s> {
    shared: &'s Shared,
    variables: BTreeMap<String, Value>,
    /// The row of each data file.
    rows: BTreeMap<&'s str, usize>,
    turn: Turn,
    seed: u64,
    chances: AtomicU64,
    now: SystemTime,
}

/// A value that is not there.
#[derive(Debug, thiserror::Error)]
#[error("`${{{0}}}` has no value: the step that takes it was left out, or ended badly")]
pub(super) struct NoValue(String);

impl<'s> Values<'s> {
    /// Those that an iteration begins with.
    pub(super) fn begin(shared: &'s Shared, data: &'s [String], user: &mut User) -> Result<Values<'s>, Stopped> {
        let mut rows = BTreeMap::new();
        for name in data {
            if let Some(dealing) = shared.rows.get(name) {
                rows.insert(name.as_str(), dealing.row(user)?);
            }
        }
        let seed = user.chance().to_bits();
        let (turn, variables) = (user.turn(), BTreeMap::new());
        let mut values =
            Values { shared, variables, rows, turn, seed, chances: AtomicU64::new(0), now: SystemTime::now() };
        for (name, template) in &shared.variables {
            // Only what is there from the beginning can stand in them.
            if let Ok(value) = values.value(template) {
                values.variables.insert(name.clone(), value);
            }
        }
        Ok(values)
    }

    /// The time goes on.
    pub(super) fn turn(&mut self, user: &User) {
        self.turn = user.turn();
        self.now = SystemTime::now();
    }

    /// Keeps what a step took.
    pub(super) fn keep(&mut self, taken: Vec<(String, Value)>) {
        self.variables.extend(taken);
    }

    /// A template, filled in.
    pub(super) fn text(&self, template: &Template) -> Result<String, NoValue> {
        let mut text = String::new();
        for piece in template.pieces() {
            match piece {
                Piece::Text(plain) => text.push_str(plain),
                Piece::Value(reference) => match self.reference(reference)? {
                    Value::String(value) => text.push_str(&value),
                    other => text.push_str(&other.to_string()),
                },
            }
        }
        Ok(text)
    }

    /// A template, filled in: one that is a single value stays what that is.
    pub(super) fn value(&self, template: &Template) -> Result<Value, NoValue> {
        match template.only() {
            Some(reference) => self.reference(reference),
            None => self.text(template).map(Value::String),
        }
    }

    fn reference(&self, reference: &Reference) -> Result<Value, NoValue> {
        let nothing = || NoValue(reference.to_string());
        match reference {
            Reference::Variable(name) => self.variables.get(name).cloned().ok_or_else(nothing),
            Reference::Column { data, column } => {
                let row = self.rows.get(data.as_str());
                let value = row.and_then(|row| self.shared.rows.get(data)?.value(*row, column));
                value.map(Value::from).ok_or_else(nothing)
            }
            Reference::Secret(name) => {
                let secret = self.shared.materials.secrets.get(name);
                secret.map(|secret| Value::from(secret.reveal())).ok_or_else(nothing)
            }
            Reference::Random { from, to } => {
                let width = i128::from(*to) - i128::from(*from) + 1;
                let number = i128::from(*from) + i128::from(self.bits()) % width;
                // Between two numbers of 64 bits.
                Ok(Value::from(number as i64))
            }
            Reference::Uuid => Ok(Value::from(uuid(self.bits(), self.bits()))),
            Reference::Now(Moment::Text) => {
                Ok(Value::from(Timestamp::try_from(self.now).map(|at| format!("{at:.3}")).unwrap_or_default()))
            }
            Reference::Now(moment) => {
                let since = self.now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
                let number = if *moment == Moment::Seconds { u128::from(since.as_secs()) } else { since.as_millis() };
                Ok(Value::from(u64::try_from(number).unwrap_or(u64::MAX)))
            }
            Reference::Counter => Ok(Value::from(self.turn.number + 1)),
            Reference::User => Ok(Value::from(self.turn.user + 1)),
        }
    }

    /// Bits that look like chance, others each time.
    fn bits(&self) -> u64 {
        let chance = self.chances.fetch_add(1, Ordering::Relaxed);
        scattered_bits(self.seed ^ self.turn.number.rotate_left(24), chance)
    }
}

/// An identifier of version 4.
fn uuid(high: u64, low: u64) -> String {
    let (high, low) = ((high & !0xf000) | 0x4000, (low & !(0b11 << 62)) | (0b10 << 62));
    let (one, two, three) = (high >> 32, (high >> 16) & 0xffff, high & 0xffff);
    format!("{one:08x}-{two:04x}-{three:04x}-{:04x}-{:012x}", low >> 48, low & 0xffff_ffff_ffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_has_the_form_of_version_4() {
        assert_eq!(uuid(0, 0), "00000000-0000-4000-8000-000000000000");
        assert_eq!(uuid(u64::MAX, u64::MAX), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }
}
