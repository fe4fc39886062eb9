//! Makes sure that the folder of the built web app exists: the binary embeds it, and `cargo build` has to work
//! without Node.

fn main() {
    println!("cargo::rerun-if-changed=web/dist");
    if let Err(error) = std::fs::create_dir_all("web/dist") {
        println!("cargo::warning=web/dist could not be made: {error}");
    }
}
