//! Whether the C library of `provided.al2023` has everything that a program wants of it.
//!
//! A program that is linked dynamically names, for each symbol, the version of glibc that it came with. One that was
//! linked on a newer system does not start on an older one, and Lambda says only that it exited. A static program
//! names nothing.

/// Amazon Linux 2023 has glibc 2.34, for as long as it lives.
pub const OLDEST_MINOR: u32 = 34;

const VERSION: &[u8] = b"GLIBC_2.";

/// A program that wants more than there is.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "it needs glibc 2.{needed}, and Lambda's provided.al2023 has 2.{OLDEST_MINOR}; build it on an older system, or for {STATIC}"
)]
pub struct TooNew {
    /// The newest version of glibc that it names: 2 and this.
    pub needed: u32,
}

const STATIC: &str = "x86_64-unknown-linux-musl";

/// Refuses a program that would not start.
pub(super) fn check(program: &[u8]) -> Result<(), TooNew> {
    match newest(program) {
        Some(needed) if needed > OLDEST_MINOR => Err(TooNew { needed }),
        _ => Ok(()),
    }
}

/// The newest version that is named anywhere in the program. The names stand in its string table as they are, each
/// ended by a zero byte; what only looks like one makes this stricter, never laxer.
fn newest(program: &[u8]) -> Option<u32> {
    let named = program.windows(VERSION.len()).enumerate().filter(|(_, bytes)| *bytes == VERSION);
    named.filter_map(|(place, _)| minor(&program[place + VERSION.len()..])).max()
}

/// The number that these bytes begin with: of `34` or of `2.5`, the minor version.
fn minor(bytes: &[u8]) -> Option<u32> {
    let digits: Vec<u8> = bytes.iter().copied().take_while(u8::is_ascii_digit).take(6).collect();
    std::str::from_utf8(&digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_counts() {
        assert_eq!(newest(b"\0GLIBC_2.2.5\0GLIBC_2.34\0GLIBC_2.9\0GLIBC_PRIVATE\0"), Some(34));
        assert_eq!(newest(b"a static program"), None);
        assert_eq!(check(b"GLIBC_2.34"), Ok(()));
        assert_eq!(check(b"GLIBC_2.36\0"), Err(TooNew { needed: 36 }));
    }
}
