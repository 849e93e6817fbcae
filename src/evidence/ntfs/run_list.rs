//! Run lists: which clusters of the volume hold which part of an attribute.
//!
//! Source: libyal, "New Technologies File System (NTFS)", section "Data runs".

use crate::evidence::limits;

/// Where a run lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RunPlace {
    /// From this cluster of the volume.
    Cluster(u64),
    /// In no cluster: it reads as zeros.
    Sparse,
    /// Not known, because the record that says it could not be read.
    Lost,
}

/// Clusters of an attribute that follow each other in the volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ClusterRun {
    /// First cluster, counted within the attribute.
    pub(super) first: u64,
    /// Number of clusters, at least one.
    pub(super) count: u64,
    pub(super) place: RunPlace,
}

impl ClusterRun {
    pub(super) fn end(&self) -> u64 {
        self.first.saturating_add(self.count)
    }
}

/// Decodes the run list of one attribute record that begins at cluster `first` of the attribute.
///
/// Cluster numbers are relative to the run before, so that nothing after a damaged run can be read:
/// the runs before it are returned, and what is wrong with it.
pub(super) fn decode(mut list: &[u8], first: u64) -> (Vec<ClusterRun>, Option<&'static str>) {
    let mut runs = Vec::new();
    let (mut next, mut cluster) = (first, 0i64);
    while let Some((&sizes, rest)) = list.split_first() {
        if sizes == 0 {
            break;
        }
        let (count_size, cluster_size) = (usize::from(sizes & 15), usize::from(sizes >> 4));
        let Some(((count, delta), rest)) = rest
            .split_at_checked(count_size)
            .and_then(|(count, rest)| Some((count, rest.split_at_checked(cluster_size)?)))
            .and_then(|(count, (delta, rest))| Some(((number(count)?, delta), rest)))
        else {
            return (runs, Some("a run cut off"));
        };
        let place = if delta.is_empty() {
            RunPlace::Sparse
        } else {
            match number(delta).and_then(|delta| cluster.checked_add(delta)) {
                Some(place) if place >= 0 => {
                    cluster = place;
                    RunPlace::Cluster(place.unsigned_abs())
                }
                _ => return (runs, Some("a run outside the volume")),
            }
        };
        let count = u64::try_from(count).unwrap_or(0);
        if count == 0 || next.saturating_add(count) > limits::NTFS_ATTRIBUTE_CLUSTERS {
            return (runs, Some("a run of impossible length"));
        }
        runs.push(ClusterRun { first: next, count, place });
        next += count;
        list = rest;
    }
    (runs, None)
}

/// A signed little-endian number of one to eight bytes.
fn number(bytes: &[u8]) -> Option<i64> {
    let (last, _) = bytes.split_last()?;
    // Sign extension: fill with the sign first.
    let mut whole = [if last & 0x80 == 0 { 0 } else { 0xFF }; 8];
    whole.get_mut(..bytes.len())?.copy_from_slice(bytes);
    Some(i64::from_le_bytes(whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(first: u64, count: u64, place: RunPlace) -> ClusterRun {
        ClusterRun { first, count, place }
    }

    #[test]
    fn clusters_are_relative_to_the_run_before() {
        // 0x18 clusters at 0x5634; 4 at -0x20 from there; 8 sparse; 1 at +0x10 from the last place.
        let list =
            [0x21, 0x18, 0x34, 0x56, 0x11, 0x04, 0xE0, 0x01, 0x08, 0x11, 0x01, 0x10, 0x00, 0xFF];
        let expected = vec![
            run(0, 0x18, RunPlace::Cluster(0x5634)),
            run(0x18, 4, RunPlace::Cluster(0x5614)),
            run(0x1C, 8, RunPlace::Sparse),
            run(0x24, 1, RunPlace::Cluster(0x5624)),
        ];
        assert_eq!(decode(&list, 0), (expected, None));
    }

    #[test]
    fn an_extension_begins_where_it_says() {
        assert_eq!(decode(&[0x11, 2, 9, 0], 100), (vec![run(100, 2, RunPlace::Cluster(9))], None));
    }

    #[test]
    fn damage_costs_what_comes_after_it() {
        let good = [0x11, 0x02, 0x09];
        for bad in [
            &[0x11, 0x02][..],                                          // cut off
            &[0x10, 0x05],                                              // no length
            &[0x11, 0x00, 0x05],                                        // length zero
            &[0x11, 0x80, 0x05],                                        // negative length
            &[0x11, 0x01, 0x80],                                        // before the volume
            &[0x19, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1],                      // nine bytes of length
            &[0x08, 0, 0, 0, 0, 0, 0, 0, 0x40],                         // 2^62 clusters
            &[0x81, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F], // overflows
        ] {
            let (runs, fault) = decode(&[&good[..], bad].concat(), 0);
            assert_eq!(runs, [run(0, 2, RunPlace::Cluster(9))], "{bad:x?}");
            assert!(fault.is_some(), "{bad:x?}");
        }
    }
}
