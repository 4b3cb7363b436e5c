/// \file
/// The whole room io.
#pragma once

#include <offset/io/copy.hpp>
#include <offset/io/error.hpp>
#include <offset/io/pipe.hpp>
