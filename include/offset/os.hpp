/// \file
/// The whole room os.
#pragma once

#include <offset/os/notify_context.hpp>
#include <offset/os/signal.hpp>
