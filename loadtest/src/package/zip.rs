//! A zip file of one program that is stored as it is: the few fields that this needs, each always the same.
//!
//! <https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>

/// 1 January 1980, midnight: the earliest time that a zip file can say.
const DATE: u16 = 1 << 5 | 1;
const TIME: u16 = 0;
/// A regular file that everybody may read and start: Lambda unpacks it as it is.
const MODE: u32 = 0o100_755;
/// Written on Unix, so that the mode counts; by version 2.0 of the format, which is also enough to read it.
const MADE_BY: u16 = 3 << 8 | FORMAT;
const FORMAT: u16 = 20;

/// More than a zip file without extensions holds.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the program is larger than a zip file holds")]
pub struct TooLarge;

/// The zip file.
pub(super) fn of_one_program(name: &str, program: &[u8]) -> Result<Vec<u8>, TooLarge> {
    let size = u32::try_from(program.len()).map_err(|_| TooLarge)?;
    let name_length = u16::try_from(name.len()).map_err(|_| TooLarge)?;
    let mut described = Vec::new();
    // No flags; method 0, stored.
    for field in [FORMAT, 0, 0, TIME, DATE] {
        described.extend(field.to_le_bytes());
    }
    for field in [checksum(program), size, size] {
        described.extend(field.to_le_bytes());
    }
    // No extra field.
    for field in [name_length, 0] {
        described.extend(field.to_le_bytes());
    }

    let mut zip = b"PK\x03\x04".to_vec();
    zip.extend(&described);
    zip.extend(name.as_bytes());
    zip.extend(program);

    let directory = u32::try_from(zip.len()).map_err(|_| TooLarge)?;
    zip.extend(b"PK\x01\x02");
    zip.extend(MADE_BY.to_le_bytes());
    zip.extend(&described);
    // No comment; the first disk; binary.
    zip.extend([0; 6]);
    zip.extend((MODE << 16).to_le_bytes());
    // Where the program's own header is: at the beginning.
    zip.extend(0_u32.to_le_bytes());
    zip.extend(name.as_bytes());

    let directory_size = u32::try_from(zip.len()).map_err(|_| TooLarge)? - directory;
    zip.extend(b"PK\x05\x06");
    // One disk, and one file on it.
    for field in [0_u16, 0, 1, 1] {
        zip.extend(field.to_le_bytes());
    }
    zip.extend(directory_size.to_le_bytes());
    zip.extend(directory.to_le_bytes());
    zip.extend(0_u16.to_le_bytes());
    Ok(zip)
}

/// CRC-32, as zip files have it.
fn checksum(bytes: &[u8]) -> u32 {
    const POLYNOMIAL: u32 = 0xedb8_8320;
    let step = |sum: u32, _| if sum & 1 == 1 { sum >> 1 ^ POLYNOMIAL } else { sum >> 1 };
    !bytes.iter().fold(!0, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), step))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_one_that_everybody_has() {
        // The check value of CRC-32/ISO-HDLC.
        assert_eq!(checksum(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn every_byte_has_its_place() {
        let zip = of_one_program("ab", b"123456789").unwrap();
        let wanted: &[&[u8]] = &[
            b"PK\x03\x04\x14\0\0\0\0\0\0\0\x21\0\x26\x39\xf4\xcb\x09\0\0\0\x09\0\0\0\x02\0\0\0ab123456789",
            b"PK\x01\x02\x14\x03\x14\0\0\0\0\0\0\0\x21\0\x26\x39\xf4\xcb\x09\0\0\0\x09\0\0\0\x02\0\0\0",
            b"\0\0\0\0\0\0\0\0\xed\x81\0\0\0\0ab",
            b"PK\x05\x06\0\0\0\0\x01\0\x01\0\x30\0\0\0\x29\0\0\0\0\0",
        ];
        assert_eq!(zip, wanted.concat());
    }
}
