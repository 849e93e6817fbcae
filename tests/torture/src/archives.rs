//! Archives of all kinds (`tests/archives`), damaged, with their checksums mended where that lets damage
//! through.

use crate::files::{self, Seed, check_file};
use crate::{Case, Dice, Expected, Target, mended};
use std::path::Path;
use std::sync::OnceLock;

pub(crate) const TARGET: Target = Target { name: "archives", make, check: check_file };

fn seeds() -> &'static [Seed] {
    static SEEDS: OnceLock<Vec<Seed>> = OnceLock::new();
    SEEDS.get_or_init(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../archives");
        let files = files::sorted_files(&folder).into_iter().filter_map(|path| {
            let name = path.file_name()?.to_string_lossy().into_owned();
            // Parts of one archive, and what makes them all.
            let is_left_out = name.starts_with("split.") || name == "make.sh";
            (!is_left_out).then(|| Seed::new(name, std::fs::read(&path).unwrap_or_default()))
        });
        files.collect()
    })
}

fn make(dice: &mut Dice<'_>) -> Case {
    let Seed { name, bytes, records } = dice.of_these(seeds());
    let mut bytes = bytes.clone();
    for _ in 0..=dice.below(4) {
        let size = bytes.len();
        let near = [size, 1024, 128][dice.below(3)].min(size);
        let from = if dice.one_in(2) { size - near } else { 0 };
        let at = from + dice.below(near);
        dice.damage(&mut bytes, at);
    }
    if dice.one_in(6) {
        bytes.truncate(dice.below(bytes.len()).max(1));
    }
    if !dice.one_in(3) {
        mended::seven_zip(&mut bytes);
    }
    Case { name: name.clone(), bytes, expected: Expected::Records(records.clone()) }
}
