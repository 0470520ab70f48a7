//! Hash maps and sets that also work if the operating system provides no random bits.
//!
//! Without random bits, std's maps panic when they are created.

use std::hash::{BuildHasher, DefaultHasher, Hasher};

use super::fork::PerProcess;
use super::id_generator::random_bits;

pub(crate) type HashMap<K, V> = std::collections::HashMap<K, V, Keyed>;
pub(crate) type HashSet<T> = std::collections::HashSet<T, Keyed>;

/// Makes hashers with a secret key for each process.
///
/// Keys of the maps come from other processes (ids, names of services). Without a secret key,
/// a caller could choose keys that collide.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keyed(&'static [u64; 2]);

impl Default for Keyed {
    fn default() -> Self {
        static KEYS: PerProcess<[u64; 2]> = PerProcess::new();
        Self(KEYS.get(|_| [random_bits(), random_bits()]))
    }
}

impl BuildHasher for Keyed {
    type Hasher = DefaultHasher;

    fn build_hasher(&self) -> DefaultHasher {
        let mut hasher = DefaultHasher::new();
        for key in self.0 {
            hasher.write_u64(*key);
        }
        hasher
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_in_is_found() {
        let mut map = HashMap::default();
        let mut set = HashSet::default();
        for number in 0..1_000 {
            map.insert(number, number);
            set.insert(number);
        }
        assert!((0..1_000).all(|number| map[&number] == number && set.contains(&number)));
        assert_ne!(Keyed::default().hash_one(1), Keyed(&[0, 0]).hash_one(1));
    }
}
