// Which instruction sets this machine has loops for.
#pragma once

#include <string>
#include <vector>

#include "variant.hpp"

namespace pdefilter {

// Those that it can run, the fastest last.
std::vector<std::string> variants();

// The loops for one of them; null if this machine cannot run it.
const Variant* variant_of(const std::string& name);

}  // namespace pdefilter
