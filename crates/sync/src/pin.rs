//! Six digits that a person sets for their phone.

use std::fmt;

/// How many digits a PIN has.
pub const DIGITS: usize = 6;

/// A PIN that is not among the first to be guessed.
#[derive(Clone, PartialEq, Eq)]
pub struct Pin(String);

/// Why something is no PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPin {
    /// Not six digits.
    #[error("a PIN has six digits")]
    NotSixDigits,
    /// Among the first that anybody tries.
    #[error("the PIN is easily guessed")]
    Weak,
}

// A PIN must not reach a log.
impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(…)")
    }
}

impl Pin {
    /// Reads what was typed to unlock. Full-width digits, which Chinese keyboards give, stand for the ordinary ones;
    /// spaces don't count.
    ///
    /// # Errors
    /// [`BadPin::NotSixDigits`].
    pub fn parse(typed: &str) -> Result<Self, BadPin> {
        let digit = |c: char| match c {
            '\u{ff10}'..='\u{ff19}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
            _ => c,
        };
        let digits: String = typed.chars().filter(|c| !c.is_whitespace()).map(digit).collect();
        let six = digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
        if six { Ok(Self(digits)) } else { Err(BadPin::NotSixDigits) }
    }

    /// Reads what was typed to be set.
    ///
    /// # Errors
    /// [`BadPin`].
    pub fn new(typed: &str) -> Result<Self, BadPin> {
        let pin = Self::parse(typed)?;
        if pin.is_weak() { Err(BadPin::Weak) } else { Ok(pin) }
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// One digit again and again, a row of digits up or down, a part that is repeated or turned round, or pairs: what
    /// lists of leaked PINs begin with.
    fn is_weak(&self) -> bool {
        let digits = self.0.as_bytes();
        let step = |by: u8| digits.windows(2).all(|two| (two[0] - b'0' + by) % 10 == two[1] - b'0');
        let repeats =
            |every: usize| digits[every..].iter().zip(digits).all(|(later, earlier)| later == earlier);
        let turned = digits.iter().eq(digits.iter().rev());
        let pairs = digits.chunks(2).all(|pair| pair[0] == pair[1]);
        step(0) || step(1) || step(9) || repeats(2) || repeats(3) || turned || pairs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_digits_are_read_however_they_are_typed() {
        assert_eq!(Pin::new("４８２ 915").map(|pin| pin.0), Ok("482915".to_owned()));
        for typed in ["", "12345", "1234567", "12345a", "一二三四五六", "-12345"] {
            assert_eq!(Pin::parse(typed), Err(BadPin::NotSixDigits), "{typed}");
        }
    }

    #[test]
    fn what_is_guessed_first_is_refused() {
        for typed in
            ["000000", "123456", "654321", "890123", "121212", "123123", "123321", "112233", "888888"]
        {
            assert_eq!(Pin::new(typed), Err(BadPin::Weak), "{typed}");
            assert!(Pin::parse(typed).is_ok(), "{typed} may have been set by an earlier version");
        }
        for typed in ["482915", "135792", "199004"] {
            assert!(Pin::new(typed).is_ok(), "{typed}");
        }
        assert_eq!(format!("{:?}", Pin::new("482915")), "Ok(Pin(…))");
    }
}
