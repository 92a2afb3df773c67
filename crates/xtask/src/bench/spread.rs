//! Samples, and the few numbers that stand for them.

use serde_json::{Value, json};

/// Which end is the good one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// Waits and bytes.
    Less,
    /// Rates.
    More,
}

/// What is said of a measure. Each number is one that was really measured, not one between two.
#[derive(Debug, Clone, PartialEq)]
pub struct Spread {
    /// How many samples.
    pub n: usize,
    /// The middle one; the better of two middle ones.
    pub median: f64,
    /// What 95 of 100 are no worse than.
    pub p95: f64,
    /// The worst one.
    pub worst: f64,
    samples: Vec<f64>,
}

impl Spread {
    /// Nothing without samples.
    pub fn of(samples: &[f64], better: Better) -> Option<Self> {
        let mut sorted = samples.to_vec();
        sorted.sort_by(f64::total_cmp);
        if better == Better::More {
            sorted.reverse();
        }
        Some(Self {
            n: samples.len(),
            median: rank(&sorted, 50)?,
            p95: rank(&sorted, 95)?,
            worst: *sorted.last()?,
            samples: samples.to_vec(),
        })
    }

    /// For `report.json`.
    pub fn as_json(&self) -> Value {
        let Self { n, median, p95, worst, samples } = self;
        json!({ "n": n, "median": median, "p95": p95, "worst": worst, "samples": samples })
    }
}

/// The nearest-rank percentile, from the good end.
fn rank(sorted: &[f64], percent: usize) -> Option<f64> {
    let at = (sorted.len() * percent).div_ceil(100).max(1) - 1;
    sorted.get(at).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(samples: &[f64], better: Better) -> [f64; 3] {
        let spread = Spread::of(samples, better).expect("samples");
        [spread.median, spread.p95, spread.worst]
    }

    #[test]
    fn nothing_has_no_spread() {
        assert_eq!(Spread::of(&[], Better::Less), None);
    }

    #[test]
    fn one_sample_is_all_of_them() {
        assert_eq!(of(&[7.0], Better::Less), [7.0; 3]);
    }

    #[test]
    fn a_hundred_samples_in_any_order() {
        let hundred: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert_eq!(of(&hundred, Better::Less), [50.0, 95.0, 100.0]);
        assert_eq!(of(&hundred, Better::More), [51.0, 6.0, 1.0]);
    }

    #[test]
    fn few_samples_show_their_worst() {
        assert_eq!(of(&[3.0, 1.0, 2.0], Better::Less), [2.0, 3.0, 3.0]);
        assert_eq!(of(&[1.0, 2.0], Better::More), [2.0, 1.0, 1.0]);
    }
}
