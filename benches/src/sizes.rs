//! Sizes of futures.

use crate::driver::{FLOOR, PEERS, PLAIN};
use crate::report::{self, Table};

/// Prints the sizes of the futures of a leaf and of functions that wait for it.
pub fn run() {
    report::print_head("Bytes of futures");
    println!("Of a function with one argument, and of one, two and three levels above it.\n");
    let mut table = Table::new([
        "",
        "leaf",
        "1 level",
        "2 levels",
        "3 levels",
        "added to a leaf",
        "a level",
    ]);
    let plain = (PEERS[PLAIN].nested_sizes)();
    for (_, peer) in PEERS
        .iter()
        .enumerate()
        .filter(|(index, _)| *index != FLOOR)
    {
        let sizes = (peer.nested_sizes)();
        let mut cells = vec![peer.name.to_owned()];
        cells.extend(sizes.map(|size| size.to_string()));
        let added = [0, 3].map(|level| sizes[level] - plain[level]);
        cells.push(added[0].to_string());
        cells.push(((added[1] - added[0]) / 3).to_string());
        table.row(cells);
    }
    table.print();
}
