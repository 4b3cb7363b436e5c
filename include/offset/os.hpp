/// \file
/// The whole room os.
#pragma once

#include <offset/os/signal.hpp>
