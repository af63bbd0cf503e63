// Asio and Beast, compiled once for the whole tree (BOOST_ASIO_SEPARATE_COMPILATION and Beast's
// like).
#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
