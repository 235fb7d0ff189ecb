//! Settings of PostgreSQL in RDS's own terms: pages, kilobytes, seconds, formulas. Whoever sets one says what it means,
//! and the unit is the table's business.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// So much memory or disk: in bytes, or as a part of what the machine has. Written as in PostgreSQL's documentation.
///
/// ```
/// use infra_aws::rds::Amount;
///
/// assert_eq!("16MB".parse(), Ok(Amount::Mib(16)));
/// assert_eq!("25%".parse(), Ok(Amount::OfMemory(25)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Amount {
    /// So many kibibytes.
    Kib(u64),
    /// So many mebibytes.
    Mib(u64),
    /// So many gibibytes.
    Gib(u64),
    /// So many hundredths of the machine's memory.
    OfMemory(u8),
}

/// A text that is no amount.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an amount: write it like `16MB`, `8GB` or, as a part of the machine's memory, `25%`")]
pub struct AmountError(String);

impl Amount {
    /// How many bytes it is; none for a part of a memory whose size is not known here.
    pub fn bytes(self) -> Option<u64> {
        match self {
            Amount::Kib(many) => Some(many << 10),
            Amount::Mib(many) => Some(many << 20),
            Amount::Gib(many) => Some(many << 30),
            Amount::OfMemory(_) => None,
        }
    }

    /// As a number of `unit` bytes, or as the formula that RDS works one out by.
    fn in_units_of(self, unit: u64) -> String {
        let bytes = match self {
            Amount::Kib(many) => many << 10,
            Amount::Mib(many) => many << 20,
            Amount::Gib(many) => many << 30,
            Amount::OfMemory(percent) => {
                let divisor = gcd(u64::from(percent).max(1), 100);
                let (part, whole) = (u64::from(percent) / divisor, 100 / divisor * unit);
                return match part {
                    1 => format!("{{DBInstanceClassMemory/{whole}}}"),
                    _ => format!("{{DBInstanceClassMemory*{part}/{whole}}}"),
                };
            }
        };
        bytes.div_ceil(unit).to_string()
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Amount::Kib(many) => write!(f, "{many}kB"),
            Amount::Mib(many) => write!(f, "{many}MB"),
            Amount::Gib(many) => write!(f, "{many}GB"),
            Amount::OfMemory(percent) => write!(f, "{percent}%"),
        }
    }
}

impl FromStr for Amount {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Amount, AmountError> {
        let wrong = || AmountError(text.to_owned());
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        // No machine has a million terabytes: beyond that, bytes would not fit into 64 bits.
        let number: u64 = number.parse().ok().filter(|number| *number <= 1 << 30).ok_or_else(wrong)?;
        match unit.trim_start() {
            "kB" => Ok(Amount::Kib(number)),
            "MB" => Ok(Amount::Mib(number)),
            "GB" => Ok(Amount::Gib(number)),
            "%" => u8::try_from(number)
                .ok()
                .filter(|part| (1..=100).contains(part))
                .map(Amount::OfMemory)
                .ok_or_else(wrong),
            _ => Err(wrong()),
        }
    }
}

impl TryFrom<String> for Amount {
    type Error = AmountError;

    fn try_from(text: String) -> Result<Amount, AmountError> {
        text.parse()
    }
}

impl From<Amount> for String {
    fn from(amount: Amount) -> String {
        amount.to_string()
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// What is set in a parameter group, by the engine's own names, in RDS's own terms.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Settings(BTreeMap<String, String>);

impl Settings {
    /// Nothing is set: all is as the engine has it.
    pub fn new() -> Settings {
        Settings::default()
    }

    /// Sets a parameter that has no function here, in the very words that RDS takes. It counts from the next restart.
    pub fn other(mut self, name: &str, value: impl ToString) -> Settings {
        self.0.insert(name.to_owned(), value.to_string());
        self
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The value of one.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

impl FromIterator<(String, String)> for Settings {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(settings: I) -> Settings {
        Settings(settings.into_iter().collect())
    }
}

/// When a changed parameter counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counts {
    /// At once.
    Now,
    /// From the next restart on.
    FromRestart,
}

/// When a change of this parameter counts. Of one that is not in the table, RDS is told to wait: it takes that for all.
pub(super) fn counts(name: &str) -> Counts {
    TABLE.iter().find(|(known, _)| *known == name).map_or(Counts::FromRestart, |(_, counts)| *counts)
}

macro_rules! settings {
    ($($(#[$document:meta])* $name:ident: $kind:ty => $unit:expr, $counts:ident;)*) => {
        const TABLE: &[(&str, Counts)] = &[$((stringify!($name), Counts::$counts),)*];

        impl Settings {
            $($(#[$document])*
            pub fn $name(self, value: $kind) -> Settings {
                let written: fn($kind) -> String = $unit;
                self.other(stringify!($name), written(value))
            })*
        }
    };
}

const PAGE: u64 = 8 << 10;
const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;

settings! {
    /// How many connections there may be.
    max_connections: u32 => |count| count.to_string(), FromRestart;
    /// What the database keeps in memory; RDS counts pages of 8 KiB.
    shared_buffers: Amount => |amount| amount.in_units_of(PAGE), FromRestart;
    /// What the planner believes to be cached; RDS counts pages of 8 KiB.
    effective_cache_size: Amount => |amount| amount.in_units_of(PAGE), Now;
    /// What one step of a query may use; RDS counts KiB.
    work_mem: Amount => |amount| amount.in_units_of(KIB), Now;
    /// What maintenance may use; RDS counts KiB.
    maintenance_work_mem: Amount => |amount| amount.in_units_of(KIB), Now;
    /// What of the log is kept in memory before it is written; RDS counts pages of 8 KiB.
    wal_buffers: Amount => |amount| amount.in_units_of(PAGE), FromRestart;
    /// How far the log may grow between two checkpoints; RDS counts MiB.
    max_wal_size: Amount => |amount| amount.in_units_of(MIB), Now;
    /// Below which the log's files are used again; RDS counts MiB.
    min_wal_size: Amount => |amount| amount.in_units_of(MIB), Now;
    /// Over which part of the time between two checkpoints one is spread.
    checkpoint_completion_target: f64 => |part| part.to_string(), Now;
    /// The most seconds between two checkpoints.
    checkpoint_timeout: u32 => |seconds| seconds.to_string(), Now;
    /// How many reads are under way at once.
    effective_io_concurrency: u32 => |count| count.to_string(), Now;
    /// What reading any page costs, as against reading the next.
    random_page_cost: f64 => |cost| cost.to_string(), Now;
    /// How closely columns are looked at.
    default_statistics_target: u32 => |count| count.to_string(), Now;
    /// How many workers one step of a query may have.
    max_parallel_workers_per_gather: u32 => |count| count.to_string(), Now;
    /// How many workers all queries may have.
    max_parallel_workers: u32 => |count| count.to_string(), Now;
    /// How many workers maintenance may have.
    max_parallel_maintenance_workers: u32 => |count| count.to_string(), Now;
    /// From how many milliseconds on a statement is logged.
    log_min_duration_statement: u32 => |milliseconds| milliseconds.to_string(), Now;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_in_the_units_of_rds() {
        let settings = Settings::new()
            .shared_buffers(Amount::OfMemory(25))
            .effective_cache_size(Amount::OfMemory(75))
            .work_mem(Amount::Mib(16))
            .maintenance_work_mem(Amount::Mib(256))
            .wal_buffers(Amount::Mib(32))
            .max_wal_size(Amount::Gib(8))
            .min_wal_size(Amount::Gib(2))
            .checkpoint_completion_target(0.9)
            .checkpoint_timeout(15 * 60)
            .random_page_cost(1.1)
            .log_min_duration_statement(1000);
        let written: Vec<_> = settings.iter().collect();
        assert_eq!(
            written,
            [
                ("checkpoint_completion_target", "0.9"),
                ("checkpoint_timeout", "900"),
                ("effective_cache_size", "{DBInstanceClassMemory*3/32768}"),
                ("log_min_duration_statement", "1000"),
                ("maintenance_work_mem", "262144"),
                ("max_wal_size", "8192"),
                ("min_wal_size", "2048"),
                ("random_page_cost", "1.1"),
                ("shared_buffers", "{DBInstanceClassMemory/32768}"),
                ("wal_buffers", "4096"),
                ("work_mem", "16384"),
            ]
        );
    }

    #[test]
    fn an_amount_survives_its_text() {
        for text in ["4kB", "16MB", "8GB", "25%"] {
            assert_eq!(text.parse::<Amount>().unwrap().to_string(), text);
        }
        assert_eq!("16 MB".parse(), Ok(Amount::Mib(16)));
        for odd in ["", "MB", "16", "16 mb", "16MiB", "0%", "101%", "-1MB", "1.5GB", "99999999999GB"] {
            assert!(odd.parse::<Amount>().is_err(), "{odd}");
        }
        assert!(Amount::Mib(1024).bytes() == Amount::Gib(1).bytes() && Amount::OfMemory(25).bytes().is_none());
    }

    #[test]
    fn what_needs_a_restart_is_known() {
        assert_eq!(counts("max_connections"), Counts::FromRestart);
        assert_eq!(counts("work_mem"), Counts::Now);
        assert_eq!(counts("anything_else"), Counts::FromRestart);
        assert_eq!(Settings::new().other("rds.force_ssl", 1).get("rds.force_ssl"), Some("1"));
    }
}
