namespace Ballast;

/// <summary>Gives the printer single elements by row-major index, so that only those shown are read.</summary>
internal interface IElementReader
{
    /// <summary>The element as float64; asked for floating types.</summary>
    double Real(long index);

    /// <summary>The element as an integer, 0 or 1 for bool; asked for integer types and bool.</summary>
    long Integer(long index);
}
