//! Middles and spreads that one odd value does not move.

/// The middle value, or the mean of the two in the middle; none of nothing.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let upper = *sorted.get(middle)?;
    Some(if sorted.len() % 2 == 1 { upper } else { f64::midpoint(sorted[middle - 1], upper) })
}

/// The median distance from the median, in the measure of a standard deviation; none of nothing.
pub fn spread(values: &[f64]) -> Option<f64> {
    /// For values of the normal distribution the median distance is this part of the deviation: 1 / 1.4826.
    const TO_DEVIATION: f64 = 1.4826;
    let middle = median(values)?;
    let distances: Vec<_> = values.iter().map(|value| (value - middle).abs()).collect();
    median(&distances).map(|distance| distance * TO_DEVIATION)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_odd_value_moves_neither_the_middle_nor_the_spread() {
        assert_eq!((median(&[]), spread(&[])), (None, None));
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
        let quiet = spread(&[1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
        let odd = spread(&[1.0, 2.0, 3.0, 4.0, 5000.0]).unwrap();
        assert_eq!((quiet, odd), (1.4826, 1.4826));
    }
}
