// The buffer of a channel whose elements may run the user's code as they move (element.hpp): moved
// only while the channel is unlocked.
//
// The ring holds numbers of slots in the order in which senders reserved them. A slot goes through
//   free -> reserved (a sender moves its value in) -> full -> taken (a receiver moves it out) ->
//   free
// and each arrow is made under the lock; reserved and taken slots are their mover's alone. Only a
// full slot at the head of the ring can be received, so values leave in the order of their
// reservation, whoever is quicker at moving. A receiver that finds the head still reserved waits in
// `receivers` like one that finds nothing; whoever fills the head serves it.
#pragma once

#include <cstddef>
#include <memory>

#include "offset/detail/chan_core.hpp"

namespace offset::inline v0::detail {

struct loud_ring {
  std::size_t* order = nullptr;   // ring of slot numbers, `capacity` of them
  std::size_t* free = nullptr;    // stack of free slots
  unsigned char* full = nullptr;  // by slot
  std::byte* slots = nullptr;
  std::size_t free_count = 0;
  std::size_t used = 0;  // in `order`
};

}  // namespace offset::inline v0::detail
