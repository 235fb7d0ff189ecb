//! A histogram as the HdrHistogram libraries of all languages write it: version 2, deflated.
//!
//! A head says how values are put into buckets; then come the buckets' counts from the lowest on, each as few bytes as it
//! needs, and a run of empty buckets as the negative of its length.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;

/// What an encoded histogram begins with, and what its deflated form does.
const COOKIE: u32 = 0x1c84_9313;
const DEFLATED: u32 = 0x1c84_9314;

/// Bytes of the head.
const HEAD: usize = 40;

/// What is inflated is at most this long: all buckets of the widest histogram, each with the greatest count.
const LONGEST: u64 = 64 << 20;

/// How values are put into buckets.
#[derive(Clone, Copy, Debug)]
struct Buckets {
    /// The power of two that is told apart from nothing.
    unit: u32,
    /// Half of so many, as a power of two, are told apart in each doubling.
    half: u32,
}

impl Buckets {
    /// Of a histogram of values from `lowest` on with so many exact digits.
    fn new(lowest: u64, digits: u32) -> Option<Buckets> {
        let told_apart = 2 * 10_u64.checked_pow(digits)?;
        let half = told_apart.next_power_of_two().trailing_zeros() - 1;
        ((1..=5).contains(&digits) && lowest > 0).then(|| Buckets { unit: lowest.ilog2(), half })
    }

    fn place(self, value: u64) -> u64 {
        let Buckets { unit, half } = self;
        let doubling = (value >> unit | ((1 << (half + 1)) - 1)).ilog2() - half;
        (u64::from(doubling) << half) + (value >> (unit + doubling))
    }

    /// The least value of the bucket in a place; none if there is no such number.
    fn value(self, place: u64) -> Option<u64> {
        let Buckets { unit, half } = self;
        let doubling = u32::try_from((place >> half).saturating_sub(1)).ok()?;
        let inside = place - (u64::from(doubling) << half);
        let shift = unit.checked_add(doubling)?;
        (shift < 64 && inside.leading_zeros() >= shift).then(|| inside << shift)
    }
}

/// Encodes counts of values, which come in the order of the values, from 1 on with three digits up to a highest one.
pub(super) fn encode(counts: impl Iterator<Item = (u64, u64)>, highest: u64) -> Vec<u8> {
    let buckets = Buckets { unit: 0, half: 10 };
    let (mut body, mut next) = (Vec::new(), 0);
    for (value, count) in counts {
        let place = buckets.place(value);
        if place > next {
            // Fewer places than there are bits and sub-buckets: it fits.
            number(-((place - next) as i64), &mut body);
        }
        number(i64::try_from(count).unwrap_or(i64::MAX), &mut body);
        next = place + 1;
    }
    let mut whole = Vec::with_capacity(HEAD + body.len());
    whole.extend(COOKIE.to_be_bytes());
    whole.extend(u32::try_from(body.len()).unwrap_or(u32::MAX).to_be_bytes());
    whole.extend(0_u32.to_be_bytes());
    whole.extend(3_u32.to_be_bytes());
    whole.extend(1_u64.to_be_bytes());
    whole.extend(highest.to_be_bytes());
    whole.extend(1_f64.to_be_bytes());
    whole.extend(body);
    let mut deflating = ZlibEncoder::new(Vec::new(), Compression::default());
    deflating.write_all(&whole).expect("memory can be written to");
    let deflated = deflating.finish().expect("memory can be written to");
    let length = u32::try_from(deflated.len()).unwrap_or(u32::MAX);
    [&DEFLATED.to_be_bytes()[..], &length.to_be_bytes(), &deflated].concat()
}

/// The counts of values in an encoded histogram, of whatever digits. None if it is none.
pub(super) fn decode(bytes: &[u8]) -> Option<Vec<(u64, u64)>> {
    let (cookie, rest) = bytes.split_first_chunk().map(|(cookie, rest)| (u32::from_be_bytes(*cookie), rest))?;
    let (length, rest) = rest.split_first_chunk().map(|(length, rest)| (u32::from_be_bytes(*length), rest))?;
    if cookie != DEFLATED {
        return None;
    }
    let mut whole = Vec::new();
    ZlibDecoder::new(rest.get(..length as usize)?).take(LONGEST).read_to_end(&mut whole).ok()?;
    let word = |at: usize| Some(u32::from_be_bytes(*whole.get(at..at + 4)?.first_chunk()?));
    let long = |at: usize| Some(u64::from_be_bytes(*whole.get(at..at + 8)?.first_chunk()?));
    // One that was shifted, or is of fractions, is none of ours.
    if word(0)? != COOKIE || word(8)? != 0 || f64::from_bits(long(32)?) != 1.0 {
        return None;
    }
    let buckets = Buckets::new(long(16)?, word(12)?)?;
    let mut body = whole.get(HEAD..HEAD.checked_add(word(4)? as usize)?)?;
    let (mut counts, mut place) = (Vec::new(), 0_u64);
    while !body.is_empty() {
        let (count, rest) = read_number(body)?;
        body = rest;
        match u64::try_from(count) {
            Ok(count) => {
                if count > 0 {
                    counts.push((buckets.value(place)?, count));
                }
                place += 1;
            }
            Err(_) => place = place.checked_add(count.unsigned_abs())?,
        }
    }
    Some(counts)
}

/// A number in as few bytes as it needs: seven bits in each of eight, and eight in a ninth; the sign is the lowest bit.
fn number(number: i64, to: &mut Vec<u8>) {
    let mut bits = ((number << 1) ^ (number >> 63)).cast_unsigned();
    for _ in 0..8 {
        if bits < 0x80 {
            return to.push(bits.to_le_bytes()[0]);
        }
        to.push(bits.to_le_bytes()[0] | 0x80);
        bits >>= 7;
    }
    to.push(bits.to_le_bytes()[0]);
}

fn read_number(from: &[u8]) -> Option<(i64, &[u8])> {
    let (mut bits, mut shift, mut rest) = (0_u64, 0, from);
    loop {
        let (byte, left) = rest.split_first()?;
        rest = left;
        let last = shift == 56;
        bits |= u64::from(if last { *byte } else { byte & 0x7f }) << shift;
        if last || byte & 0x80 == 0 {
            let sign = if bits & 1 == 1 { -1 } else { 0 };
            return Some(((bits >> 1).cast_signed() ^ sign, rest));
        }
        shift += 7;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_are_read_as_they_were_written(wanted in any::<i64>(), small in -200_i64..200) {
            for wanted in [wanted, small, i64::MIN, i64::MAX] {
                let mut written = Vec::new();
                number(wanted, &mut written);
                prop_assert!(written.len() <= 9);
                prop_assert_eq!(read_number(&written), Some((wanted, &[][..])));
            }
        }

        #[test]
        fn a_bucket_has_its_least_value(value in 0_u64..1 << 50, lowest in 1_u64..5000, digits in 1_u32..=5) {
            let buckets = Buckets::new(lowest, digits).unwrap();
            let least = buckets.value(buckets.place(value)).unwrap();
            prop_assert!(least <= value);
            prop_assert_eq!(buckets.place(least), buckets.place(value));
            let exact = (value as f64 / 10_f64.powi(digits as i32)).max(lowest as f64);
            prop_assert!((value - least) as f64 <= exact, "{} from {}", least, value);
        }

        #[test]
        fn counts_are_read_as_they_were_written(counts in prop::collection::btree_map(0_u64..40_000, 1_u64..1 << 40, 0..200)) {
            let buckets = Buckets { unit: 0, half: 10 };
            let counts: Vec<(u64, u64)> = counts.into_iter().map(|(place, count)| (buckets.value(place).unwrap(), count)).collect();
            prop_assert_eq!(decode(&encode(counts.iter().copied(), 1 << 50)), Some(counts));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..60), body in prop::collection::vec(any::<u8>(), 0..80)) {
            drop(decode(&bytes));
            let mut deflating = ZlibEncoder::new(Vec::new(), Compression::default());
            deflating.write_all(&COOKIE.to_be_bytes()).unwrap();
            deflating.write_all(&body).unwrap();
            let deflated = deflating.finish().unwrap();
            let length = u32::try_from(deflated.len()).unwrap();
            drop(decode(&[&DEFLATED.to_be_bytes()[..], &length.to_be_bytes(), &deflated].concat()));
        }
    }
}
